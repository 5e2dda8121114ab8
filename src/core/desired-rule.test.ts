import assert from "node:assert/strict";
import { test } from "node:test";
import { copy, follower, PRIMARY, RECORD, report, SETTINGS, viewOfA } from "../../test/support/views.ts";
import { commitRule } from "./commit-rule.ts";
import { desiredRule } from "./desired-rule.ts";
import type { Follower } from "./service-look.ts";
import type { View } from "./view.ts";

const TWO_OF: View["settings"] = { ...SETTINGS, durability: { lossless: "strict", need: 2, of: ["a", "b", "c"] } };

/** What a primary wants that has counted on nobody until now and sees these in its stream. */
function wanted(followers: readonly Follower[], change: Partial<View> = {}): ReturnType<typeof desiredRule> {
  const record = { ...RECORD, commit: [commitRule(2, [])] };
  const view = viewOfA({ settings: TWO_OF, record, service: { ...PRIMARY, followers }, ...change });
  return desiredRule(view, record);
}

test("a member that is in the stream twice counts once", () => {
  assert.equal(wanted([follower("c"), follower("c")]), null, "two streams of one member are not two copies");
  assert.deepEqual(wanted([follower("c"), follower("b"), follower("c")])?.rule, commitRule(2, [copy("b"), copy("c")]));
});

test("of two copies of a member the one counts that its agent has", () => {
  const before = follower("c", { incarnation: "c0" });
  const peers = { c: { report: report({ incarnation: "c2" }), heardAtMs: 100_000 } };
  const after = follower("c", { incarnation: "c2" });
  for (const followers of [
    [before, after, follower("b")],
    [after, before, follower("b")],
  ])
    assert.deepEqual(wanted(followers, { peers })?.rule.of.find(({ member }) => member === "c")?.incarnation, "c2");
});
