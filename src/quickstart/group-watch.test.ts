import assert from "node:assert/strict";
import { test } from "node:test";
import { ALONE, commitRule } from "../core/commit-rule.ts";
import { founded, type GroupRecord } from "../core/record.ts";
import type { MemberReport } from "../core/session.ts";
import { whatIsMissing, type WatchedMember } from "./group-watch.ts";

const copy = (member: string): { member: string; incarnation: string } => ({ member, incarnation: `${member}1` });
const base = founded("main", ["a", "b"], copy("a"), { term: 0, offset: 0 }, [], "data", "a new group");
const record: GroupRecord = { ...base, term: 1, primary: "a", open: true, commit: [commitRule(1, [copy("b")])] };
const report: MemberReport = {
  state: "standby",
  health: "up",
  incarnation: "x",
  offset: 0,
  streaming: true,
  work: null,
  problem: null,
  guard: "process",
};
const a: WatchedMember = { member: "a", isPrimary: true, report: { ...report, state: "primary" }, heardMsAgo: 300 };
const b: WatchedMember = { member: "b", isPrimary: false, report, heardMsAgo: 300 };

for (const [name, sight, expected] of [
  ["nothing in a healthy group", { record, members: [a, b] }, null],
  ["the group", { record: null, members: [a, b] }, /not been founded/],
  ["a primary", { record: { ...record, primary: null }, members: [a, b] }, /nobody is primary/],
  ["an open term", { record: { ...record, open: false }, members: [a, b] }, /not open/],
  ["an agent", { record, members: [a, { ...b, report: null }] }, /"b" has not been heard of/],
  ["a living agent", { record, members: [a, { ...b, heardMsAgo: 9000 }] }, /agent of "b" is silent/],
  ["a stream", { record, members: [a, { ...b, report: { ...report, streaming: false } }] }, /"b" does not stream/],
  [
    "a whole copy",
    { record, members: [a, { ...b, report: { ...report, state: "partial" as const, work: "clone 43 %" } }] },
    /"b" is partial \(clone 43 %\)/,
  ],
  ["a standby that is counted on", { record: { ...record, commit: [ALONE] }, members: [a, b] }, /only 0 of 1/],
  ["a settled rule", { record: { ...record, commit: [ALONE, ...record.commit] }, members: [a, b] }, /being changed/],
] as const)
  test(`whatIsMissing() tells ${name}`, () => {
    const missing = whatIsMissing(sight);
    if (expected === null) assert.equal(missing, null);
    else assert.match(missing ?? "", expected);
  });

test("whatIsMissing() lets an asynchronous group count on no standby", () => {
  assert.equal(whatIsMissing({ record: { ...record, commit: [] }, members: [a, b] }, true), null);
});
