import assert from "node:assert/strict";
import { test } from "node:test";
import { RECORD, sealedAt } from "../../test/support/views.ts";
import { ALONE } from "./commit-rule.ts";
import { operate, type Request } from "./operations.ts";
import { possibleLossOf } from "./possible-loss.ts";
import type { GroupRecord } from "./record.ts";

const WITHOUT_DATA: GroupRecord = { ...RECORD, dataId: "", commit: [ALONE] };

const ask = (record: GroupRecord, request: Request): string =>
  operate(record, request, { by: "anna", because: "", id: "1", at: "" }, {}, []).text;

test("reinit is refused where there is no data to copy", () => {
  assert.match(ask(WITHOUT_DATA, { do: "reinit", member: "b" }), /has no data that could be copied/);
});

test("possibleLossOf() names the copies that may have more", () => {
  const loss = possibleLossOf({ ...RECORD, sealed: { b: sealedAt("b", 500) } }, null);
  assert.deepEqual([loss.none, loss.to], [false, "b"]);
  assert.match(loss.text, /only a, c acknowledged may be lost behind offset 500 of term 1 on "b"/);
});

test("possibleLossOf() speaks of two active places where there is no data", () => {
  const loss = possibleLossOf({ ...WITHOUT_DATA, sealed: { b: sealedAt("b", 0) } }, null);
  assert.deepEqual([loss.none, loss.to], [false, "b"]);
  assert.match(loss.text, /"a" may still be active when "b" becomes so/);
});

test("possibleLossOf() knows that nothing can be lost when enough have sealed", () => {
  const sealed = { b: sealedAt("b", 500), c: sealedAt("c", 400) };
  assert.equal(possibleLossOf({ ...RECORD, sealed }, null).none, true);
});
