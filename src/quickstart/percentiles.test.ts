import assert from "node:assert/strict";
import { test } from "node:test";
import { percentile, spreadOf } from "./percentiles.ts";

const oneTo = (n: number): number[] => Array.from({ length: n }, (_, i) => i + 1);

for (const [values, percent, expected] of [
  [[], 50, 0],
  [[7], 0, 7],
  [[7], 95, 7],
  [[3, 1, 2], 50, 2],
  [[4, 3, 2, 1], 50, 2],
  [oneTo(20), 95, 19],
  [oneTo(30), 95, 29],
  [oneTo(100), 95, 95],
  [oneTo(100), 100, 100],
] as const)
  test(`percentile() ${percent} of ${values.length} values is ${expected}`, () =>
    assert.equal(percentile(values, percent), expected));

test("spreadOf() rounds to a tenth", () => {
  assert.deepEqual(spreadOf([1.26, 100.04, 3]), { min: 1.3, p50: 3, p95: 100, max: 100 });
});
