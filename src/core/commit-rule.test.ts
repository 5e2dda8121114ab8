import assert from "node:assert/strict";
import { test } from "node:test";
import { acknowledges, ALONE, commitRule, meetsRule, sameRule, type CommitRule } from "./commit-rule.ts";
import { copy } from "../../test/support/views.ts";

const b = copy("b");
const c = copy("c");
const d = copy("d");
const e = copy("e");

test("meetsRule() asks for a set that meets every set that could acknowledge", () => {
  const cases: [string, CommitRule, ReturnType<typeof copy>[], boolean][] = [
    ["1 of 2 needs both", commitRule(1, [b, c]), [b], false],
    ["1 of 2 has both", commitRule(1, [b, c]), [b, c], true],
    ["2 of 2 needs one", commitRule(2, [b, c]), [c], true],
    ["2 of 4 needs three", commitRule(2, [b, c, d, e]), [b, c], false],
    ["2 of 4 has three", commitRule(2, [b, c, d, e]), [b, c, e], true],
    ["another incarnation does not count", commitRule(1, [b]), [copy("b", "b2")], false],
    ["alone is met by nobody", ALONE, [b, c, d, e], false],
    ["more needed than there are acknowledges nothing", commitRule(1, []), [], true],
  ];
  for (const [name, rule, sealed, expected] of cases) assert.equal(meetsRule(rule, sealed), expected, name);
});

test("acknowledges() counts copies, not members", () => {
  assert.equal(acknowledges(commitRule(1, [b, c]), [c]), true);
  assert.equal(acknowledges(commitRule(2, [b, c]), [c]), false);
  assert.equal(acknowledges(commitRule(1, [b]), [copy("b", "b2")]), false);
  assert.equal(acknowledges(commitRule(1, []), [b]), false);
  assert.equal(acknowledges(ALONE, []), true);
});

test("every set that meets a rule meets every set that acknowledges under it", () => {
  const all = [b, c, d, e];
  const subsets = Array.from({ length: 16 }, (_, bits) => all.filter((_copy, i) => (bits >> i) & 1));
  for (const of of subsets) {
    for (let need = 1; need <= of.length; need++) {
      const rule = commitRule(need, of);
      for (const sealed of subsets.filter((s) => meetsRule(rule, s)))
        for (const having of subsets.filter((s) => acknowledges(rule, s)))
          assert.ok(
            sealed.some((x) => having.includes(x)),
            `${need} of ${of.length}`,
          );
    }
  }
});

test("sameRule() does not mind the order", () => {
  assert.ok(sameRule({ need: 1, of: [c, b] }, { need: 1, of: [b, c] }));
  assert.ok(!sameRule(commitRule(1, [b]), commitRule(1, [b, c])));
});
