import assert from "node:assert/strict";
import { test } from "node:test";
import { endOfEntry } from "./final-position.ts";
import { ReplayEnd } from "./replay-end.ts";
import type { ServerState } from "./server-state.ts";

const waiting: ServerState = {
  isStandby: true,
  life: "1",
  replayOffset: 1000,
  receivedOffset: 1024,
  flushOffset: null,
  primaryConninfo: "",
  syncNames: "",
  isReplayPaused: false,
  startupWait: "RecoveryRetrieveRetryInterval",
  startupPid: 1,
  receiverPids: [],
  receiver: null,
  senders: [],
  busyClients: 0,
  urgentPids: [],
};

test("ReplayEnd claims nothing while something may be received", () => {
  const end = new ReplayEnd();
  for (const atMs of [0, 10, 20]) assert.equal(end.observe(waiting, false, atMs), null);
});

test("ReplayEnd is sure at once when all that was received is replayed", () => {
  assert.equal(new ReplayEnd().observe({ ...waiting, replayOffset: 1024 }, true, 0), 1024);
});

test("ReplayEnd takes the end of the last whole entry after two looks apart", () => {
  const end = new ReplayEnd();
  assert.equal(end.observe(waiting, true, 0), null);
  assert.equal(end.observe(waiting, true, 1), null);
  assert.equal(end.observe(waiting, true, 2), 1000);
  assert.equal(end.observe({ ...waiting, startupWait: null }, true, 3), 1000);
});

for (const [name, between] of [
  ["a receiver was seen", { lock: false, state: waiting }],
  ["the replay went on", { lock: true, state: { ...waiting, replayOffset: 900 } }],
  ["the server was started anew", { lock: true, state: { ...waiting, life: "2" } }],
] as const) {
  test(`ReplayEnd begins again when in between ${name}`, () => {
    const end = new ReplayEnd();
    end.observe(between.lock ? between.state : waiting, true, 0);
    if (!between.lock) end.observe(between.state, false, 5);
    assert.equal(end.observe({ ...waiting, replayOffset: 1000 }, true, 10), null);
  });
}

test("ReplayEnd is never sure while what replays is busy, held up or paused", () => {
  const end = new ReplayEnd();
  const states = [{ startupWait: null }, { startupWait: "RecoveryWalStream" }, { isReplayPaused: true }];
  for (const [index, part] of states.entries())
    for (const atMs of [0, 50]) assert.equal(end.observe({ ...waiting, ...part }, true, 100 * index + atMs), null);
});

const segment = 16 * 2 ** 20;
for (const [name, offset, length, end] of [
  ["within a page", 8192 + 40, 114, 8192 + 160],
  ["up to the end of a page", 16384 - 120, 114, 16384],
  ["over the end of a page", 16384 - 16, 114, 16384 + 24 + 104],
  ["over the end of a segment", segment - 16, 114, segment + 40 + 104],
] as const) {
  test(`endOfEntry() ${name}`, () => assert.equal(endOfEntry(offset, length, 8192, segment), end));
}
