import assert from "node:assert/strict";
import { test } from "node:test";
import type { MemberReport } from "../core/session.ts";
import { describeMember, describeMs } from "./describe.ts";
import { describeTakeover, describeVerdict } from "./takeover-report.ts";

const standby: MemberReport = {
  state: "standby",
  health: "up",
  incarnation: "x",
  offset: 0,
  streaming: true,
  work: null,
  problem: null,
  guard: "process",
};
const watched = { member: "b", isPrimary: false, heardMsAgo: 100 };

for (const [report, text] of [
  [standby, "standby, streaming"],
  [{ ...standby, streaming: false }, "standby, catching up"],
  [{ ...standby, state: "partial", work: "clone: clone 43 %", problem: "not finished" }, "copying the database, 43 %"],
  [{ ...standby, state: "partial", streaming: false, problem: "no space" }, "its copy is not complete yet: no space"],
  [{ ...standby, state: "starting", work: "start" }, "starting"],
  [null, "starting its agent"],
] as const)
  test(`describeMember() says "${text}"`, () => assert.equal(describeMember({ ...watched, report }), text));

test("describeMember() calls primary only whom the record names", () => {
  const report = { ...standby, state: "primary" as const };
  assert.equal(describeMember({ ...watched, isPrimary: true, report }), "primary");
  assert.equal(describeMember({ ...watched, report }), "was primary, stepping down");
});

test("describeMs() turns to seconds from one on", () => {
  assert.equal(describeMs(117.6), "118 ms");
  assert.equal(describeMs(3210), "3.2 s");
});

test("describeTakeover() tells the steps that took place", () => {
  const phases = { detected: 12, taken: 40, firstCommit: 117.6 };
  const story = describeTakeover({ from: "a", to: "c", term: 2, gapMs: 118.2, phases });
  assert.deepEqual(story, [
    '"c" took over: 118 ms without an acknowledged commit.',
    '     12 ms  it was noticed that "a" is gone',
    '     40 ms  "c" is recorded as the primary of term 2',
    "    118 ms  the client has its first commit acknowledged",
  ]);
});

test("describeVerdict() says plainly what was lost", () => {
  const verdict = { acknowledged: 1623, lost: 0, duplicated: 0, balanced: true, lostIds: [] };
  assert.equal(
    describeVerdict(verdict),
    "Commits lost: 0 of the 1623 that were acknowledged; none came twice; all accounts together hold what they began with.",
  );
  assert.match(describeVerdict({ ...verdict, lost: 2, duplicated: 1 }), /lost: 2 of .*; 1 came twice/);
});
