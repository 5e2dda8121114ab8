import assert from "node:assert/strict";
import { test } from "node:test";
import { ALONE, commitRule, sameRule } from "../../core/commit-rule.ts";
import { parseRule, ruleSetting } from "./rule.ts";
import { NOBODY } from "./settings.ts";
import { parseStandbyName, standbyName } from "./standby-name.ts";

const b = { member: "b", incarnation: "00000000000000bb" };
const c = { member: "c", incarnation: "00000000000000cc" };

const cases = [
  ["alone", ALONE, ""],
  ["nobody yet", commitRule(1, []), NOBODY],
  ["one of one", commitRule(1, [b]), 'ANY 1 ("understudy:b:00000000000000bb:7")'],
  [
    "one of two, in any order",
    { need: 1, of: [c, b] },
    'ANY 1 ("understudy:b:00000000000000bb:7", "understudy:c:00000000000000cc:7")',
  ],
  ["more than there are", commitRule(2, [c]), 'ANY 2 ("understudy:c:00000000000000cc:7", "understudy:nobody")'],
  ["two that nobody has named", commitRule(2, []), 'ANY 2 ("understudy:nobody", "understudy:nobody:2")'],
] as const;

for (const [name, rule, setting] of cases) {
  test(`ruleSetting() and parseRule(): ${name}`, () => {
    assert.equal(ruleSetting(rule, 7), setting);
    const parsed = parseRule(setting, 7);
    assert.ok(parsed !== null && sameRule(parsed, rule));
  });
}

for (const setting of [
  "*",
  "b, c",
  'FIRST 1 ("understudy:b:00000000000000bb:7")',
  'ANY 1 ("understudy:b:00000000000000bb:6")',
  'ANY 1 ("understudy:b:00000000000000bb:7", "walreceiver")',
]) {
  test(`parseRule() knows nothing of ${setting}`, () => assert.equal(parseRule(setting, 7), null));
}

test("standbyName() is read back, and fits for the longest of all", () => {
  const copy = { member: "m".repeat(24), incarnation: "0123456789abcdef" };
  const name = standbyName(copy, 999_999_999);
  assert.ok(name.length < 64);
  assert.deepEqual(parseStandbyName(name), { ...copy, term: 999_999_999 });
  for (const other of ["walreceiver", "understudy:nobody", "understudy:b:00:1"])
    assert.equal(parseStandbyName(other), null);
});
