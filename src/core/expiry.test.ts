import assert from "node:assert/strict";
import { test } from "node:test";
import { isExpired, silentMs, watchSession, type SessionWatch } from "./expiry.ts";
import { timingOf } from "./timing.ts";

const timing = timingOf(2000);

/** Reads at these instants, always the same revision. */
function watched(instants: readonly number[], revision = 5): SessionWatch | null {
  return instants.reduce<SessionWatch | null>((watch, at) => watchSession(watch, revision, at, at, timing), null);
}

function every(stepMs: number, fromMs: number, toMs: number): number[] {
  return Array.from({ length: Math.floor((toMs - fromMs) / stepMs) + 1 }, (_, i) => fromMs + i * stepMs);
}

test("a session expires once it was seen unchanged for the lease and the margin", () => {
  const before = watched(every(100, 0, 2100));
  const after = watched(every(100, 0, 2200));
  assert.ok(before !== null && !isExpired(before, timing));
  assert.ok(after !== null && isExpired(after, timing));
});

test("an observer that was itself away has observed nothing", () => {
  const watch = watched([...every(100, 0, 1000), 1700, 2300]);
  assert.ok(watch !== null && !isExpired(watch, timing));
  assert.equal(watch.sinceMs, 1700);
});

test("a renewal starts the observation anew", () => {
  const watch = watchSession(watched(every(100, 0, 2100)), 6, 2200, 2200, timing);
  assert.equal(watch.sinceMs, 2200);
});

test("a renewal that landed while a read was under way is not passed over", () => {
  const first = watchSession(null, 6, 1000, 1140, timing);
  assert.equal(first.sinceMs, 1140, "it may have been renewed just before the answer");
  assert.equal(silentMs(watchSession(first, 6, 1240, 1300, timing)), 100);
});

test("timingOf() refuses a lease that is too short", () => {
  assert.throws(() => timingOf(400), /at least 500 ms/);
});
