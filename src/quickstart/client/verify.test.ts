import assert from "node:assert/strict";
import { test } from "node:test";
import { Ledger, keyOf } from "./ledger.ts";
import { compare, mergeVerdicts } from "./verify.ts";

const key = (sequence: number): number => keyOf(3, sequence);

test("compare() finds acknowledged ids that are missing", () => {
  assert.deepEqual(compare(new Set([key(1), key(2), key(3)]), [key(1), key(3)]), { lost: [key(2)], duplicated: 0 });
});

test("compare() counts every row too many, acknowledged or not", () => {
  assert.deepEqual(compare(new Set([key(1)]), [key(1), key(1), key(1), key(9), key(9)]), { lost: [], duplicated: 3 });
});

test("compare() does not mind rows that were never acknowledged", () => {
  assert.deepEqual(compare(new Set([key(1)]), [key(1), key(2)]), { lost: [], duplicated: 0 });
});

test("mergeVerdicts() adds up, and one broken balance breaks all", () => {
  const one = { acknowledged: 5, lost: 1, duplicated: 0, balanced: true, lostIds: ["1/0/7"] };
  const other = { acknowledged: 2, lost: 0, duplicated: 2, balanced: false, lostIds: [] };
  assert.deepEqual(mergeVerdicts([one, other]), {
    acknowledged: 7,
    lost: 1,
    duplicated: 2,
    balanced: false,
    lostIds: ["1/0/7"],
  });
});

test("a ledger keeps acknowledgements by batch, as they are when asked for", () => {
  const ledger = new Ledger();
  ledger.acknowledge({ batch: 1, worker: 0, sequence: 1 }, 0, 1);
  const before = ledger.acknowledgedIn(1);
  ledger.acknowledge({ batch: 1, worker: 0, sequence: 2 }, 1, 2);
  ledger.acknowledge({ batch: 2, worker: 0, sequence: 3 }, 2, 3);
  assert.equal(before.size, 1);
  assert.deepEqual([...ledger.acknowledgedIn(2)], [keyOf(0, 3)]);
  assert.deepEqual(ledger.batches, [1, 2]);
  assert.deepEqual(ledger.acknowledgedAtMs, [1, 2, 3]);
});
