import assert from "node:assert/strict";
import { test } from "node:test";
import { Bug } from "../../src/lib/failure.ts";
import { mutated } from "../../src/model/mutation.ts";
import { REMOVED_RULES } from "../../src/model/removed-rules.ts";
import { runWithout } from "../../src/model/rules-table.ts";
import { checkApart, checkGroup } from "../../src/model/run-space.ts";
import { QUICK_WORLDS } from "../../src/model/worlds.ts";

for (const world of QUICK_WORLDS) {
  test(`nothing is wrong in any state of: ${world.name}`, () => {
    const { outcome, violation, story } = checkGroup(world, world.limit, true);
    assert.equal(violation, null, story.join("\n"));
    assert.equal(outcome, "complete");
  });
}

for (const what of ["lease", "promises"] as const) {
  test(`nobody takes while the holder may act: ${what}`, () => {
    const { outcome, violation, story } = checkApart(what);
    assert.equal(violation, null, story.join("\n"));
    assert.equal(outcome, "complete");
  });
}

for (const name of ["5-lost", "8", "12-margin"]) {
  test(`rule ${name} is missed when it is taken out`, async () => {
    const removed = REMOVED_RULES.find((rule) => rule.name === name);
    assert.ok(removed);
    assert.notEqual((await runWithout(removed)).violation, null);
  });
}

test("mutated() changes exactly one place", () => {
  const mutation = { name: "m", rule: "", file: "core/decide.ts", find: "a", replace: "b" };
  assert.equal(mutated("xax", mutation), "xbx");
  assert.throws(() => mutated("xaxa", mutation), Bug);
  assert.throws(() => mutated("x", mutation), Bug);
});
