import assert from "node:assert/strict";
import { test } from "node:test";
import type { Fork } from "../../core/position.ts";
import { forkOffset } from "./history.ts";
import { segmentIn, walFile } from "./wal-file.ts";

const history = (...forks: readonly (readonly [number, number])[]): readonly Fork[] =>
  forks.map(([term, offset]) => ({ term, offset }));

const cases: readonly [string, readonly Fork[], readonly Fork[], number | null][] = [
  ["the same", history([1, 10]), history([1, 10]), null],
  ["it went on behind a term's end", history([1, 10]), history([1, 10], [2, 50]), 50],
  ["it began a term of its own, earlier", history([1, 10], [2, 40]), history([1, 10], [3, 50]), 40],
  ["it began a term of its own, later", history([1, 10], [2, 60]), history([1, 10], [3, 50]), 50],
  ["it alone began a term", history([1, 10], [2, 60]), history([1, 10]), 60],
  ["the same term elsewhere", history([1, 10], [2, 40]), history([1, 10], [2, 50]), 40],
  ["nothing in common", history(), history([1, 10]), 10],
];

for (const [what, mine, theirs, offset] of cases)
  test(`forkOffset(): ${what}`, () => assert.equal(forkOffset(mine, theirs), offset));

test("segmentIn() finds the number that walFile() wrote", () => {
  for (const [segment, bytes] of [
    [0, 2 ** 24],
    [255, 2 ** 24],
    [256, 2 ** 24],
    [5000, 2 ** 30],
  ] as const) {
    assert.equal(segmentIn(walFile(3, segment, bytes), 3, bytes), segment);
    assert.equal(segmentIn(walFile(3, segment, bytes), 4, bytes), -1);
  }
  assert.equal(walFile(3, 257, 2 ** 24), "000000030000000100000001");
});
