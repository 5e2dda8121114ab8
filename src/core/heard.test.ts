import assert from "node:assert/strict";
import { test } from "node:test";
import {
  afterHeartbeat,
  afterOwnPause,
  afterRunning,
  contactOf,
  doubtSinceMs,
  hearingOf,
  lateAfterMs,
  leftMs,
  silentAfterMs,
  type Heard,
  type Told,
} from "./heard.ts";
import { PROFILES, timingOf } from "./timing.ts";

const TIMING = timingOf(PROFILES.balanced);
const TOLD: Told = { session: "s", hearsUs: true, deafMs: 0, stuckMs: 0, asks: [], promises: [] };

/** What is known after heartbeats at these moments. */
function heardAt(...moments: readonly number[]): Heard {
  let heard: Heard | null = null;
  for (const atMs of moments) heard = afterHeartbeat(heard, TOLD, atMs, TIMING);
  assert.ok(heard !== null);
  return heard;
}

/** Even heartbeats for a while, the last one at 2000. */
const EVEN = heardAt(...Array.from({ length: 21 }, (_, i) => 100 * i));

test("hearingOf() calls a silence late, then silent", () => {
  const cases: readonly (readonly [ms: number, string])[] = [
    [0, "heard"],
    [199, "heard"],
    [200, "late"],
    [399, "late"],
    [400, "silent"],
  ];
  for (const [ms, expected] of cases)
    assert.equal(hearingOf(afterRunning(EVEN, ms, 2000 + ms), TIMING), expected, `${ms} ms`);
});

test("leftMs() says when to look again", () => {
  assert.equal(leftMs(EVEN, TIMING), 200);
  assert.equal(leftMs(afterRunning(EVEN, 250, 2250), TIMING), 150);
  assert.equal(leftMs(afterRunning(EVEN, 400, 2400), TIMING), Infinity);
});

test("a silence in which the observer did not run does not count", () => {
  const paused = afterOwnPause(afterRunning(EVEN, 390, 2390), 5000);
  assert.equal(hearingOf(paused, TIMING), "heard");
  assert.equal(hearingOf(afterRunning(paused, 399, 5399), TIMING), "late");
  assert.equal(hearingOf(afterRunning(paused, 400, 5400), TIMING), "silent");
});

test("time before the last heartbeat does not count", () => {
  assert.equal(afterRunning(EVEN, 5000, 2030).silentMs, 30);
});

test("one pause of an eighth of the lease makes an observer patient for a while, and not for ever", () => {
  const paused = afterHeartbeat(EVEN, TOLD, 2350, TIMING);
  assert.ok(lateAfterMs(paused, TIMING) > 300);
  let later = paused;
  for (let i = 1; i <= 20; i++) later = afterHeartbeat(later, TOLD, 2350 + 100 * i, TIMING);
  assert.equal(lateAfterMs(later, TIMING), TIMING.lateMs);
});

test("however uneven the heartbeats, the silence tells before the lease does", () => {
  const uneven = heardAt(0, 100, 1900, 2000, 4800, 4900);
  for (const leaseMs of [500, ...Object.values(PROFILES), 60_000]) {
    const timing = timingOf(leaseMs);
    assert.ok(silentAfterMs({ ...uneven, spreadMs: 1e6 }, timing) <= leaseMs - timing.marginMs, `${leaseMs}`);
  }
});

test("a sender whose own work hangs is as silent as that work", () => {
  const stuck = (stuckMs: number): string => hearingOf({ ...EVEN, stuckMs }, TIMING);
  assert.equal(stuck(300), "heard");
  assert.equal(stuck(350), "late");
  assert.equal(stuck(30_000), "silent");
});

test("a sender that does not hear us is no contact, since it says so and for as long as we ran", () => {
  const deaf = (deafMs: number): Told => ({ ...TOLD, hearsUs: false, deafMs });
  const at = (deafMs: number): string => contactOf(afterHeartbeat(EVEN, deaf(deafMs), 2100, TIMING), TIMING);
  assert.deepEqual([at(150), at(250), at(400)], ["heard", "late", "silent"]);
  const first = afterHeartbeat(EVEN, deaf(250), 2100, TIMING);
  const second = afterHeartbeat(first, deaf(350), 2200, TIMING);
  assert.deepEqual([doubtSinceMs(second), hearingOf(second, TIMING)], [2100, "heard"]);
  assert.equal(contactOf(afterHeartbeat(second, TOLD, 2300, TIMING), TIMING), "heard");
  const backAt = afterOwnPause(second, 3000);
  assert.equal(contactOf(afterHeartbeat(backAt, deaf(900), 3100, TIMING), TIMING), "heard", "we were away ourselves");
});
