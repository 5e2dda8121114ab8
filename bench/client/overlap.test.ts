import assert from "node:assert/strict";
import { test } from "node:test";
import { reignsOf, twoPrimariesMs, type Witnessed } from "./overlap.ts";

const writes = (member: string, timeline: string, ...atMs: number[]): Witnessed[] =>
  atMs.map((at) => ({ member, timeline, sentAtMs: at, acknowledgedAtMs: at + 2 }));

test("reignsOf() goes from the first acknowledgement to the last sending", () => {
  assert.deepEqual(reignsOf(writes("a", "1", 0, 100, 200)), [
    { member: "a", timeline: "1", fromMs: 2, toMs: 200, writes: 3 },
  ]);
});

test("twoPrimariesMs() is 0 when one follows the other, and comes back", () => {
  assert.equal(
    twoPrimariesMs([...writes("a", "1", 0, 100), ...writes("b", "2", 200, 300), ...writes("a", "3", 400, 500)]),
    0,
  );
});

test("twoPrimariesMs() measures for how long two acknowledged", () => {
  assert.equal(twoPrimariesMs([...writes("a", "1", 0, 300), ...writes("b", "2", 100, 500)]), 198);
});

test("twoPrimariesMs() sees two members on the same timeline, too", () => {
  assert.equal(twoPrimariesMs([...writes("a", "2", 0, 300), ...writes("b", "2", 100, 200)]), 98);
});

test("twoPrimariesMs() takes a single write as no proof of time", () => {
  assert.equal(twoPrimariesMs([...writes("a", "1", 0, 300), ...writes("b", "2", 100)]), 0);
});
