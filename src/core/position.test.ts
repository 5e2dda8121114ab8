import assert from "node:assert/strict";
import { test } from "node:test";
import { comparePositions, hasDiverged, positionAt } from "./position.ts";

const forks = [
  { term: 1, offset: 0 },
  { term: 2, offset: 100 },
  { term: 4, offset: 90 },
];

test("comparePositions() puts a shorter log of a later term first", () => {
  assert.ok(comparePositions({ term: 2, offset: 10 }, { term: 1, offset: 999 }) > 0);
  assert.ok(comparePositions({ term: 1, offset: 10 }, { term: 1, offset: 11 }) < 0);
  assert.equal(comparePositions({ term: 1, offset: 10 }, { term: 1, offset: 10 }), 0);
});

test("positionAt() counts a term only once an entry of it has arrived", () => {
  const history = forks.slice(0, 2);
  assert.deepEqual(positionAt(0, history), { term: 0, offset: 0 });
  assert.deepEqual(positionAt(100, history), { term: 1, offset: 100 });
  assert.deepEqual(positionAt(101, history), { term: 2, offset: 101 });
});

test("hasDiverged() says whether a log must be rewound", () => {
  const history = [
    { term: 1, offset: 0 },
    { term: 3, offset: 100 },
  ];
  const cases: [string, { term: number; offset: number }, boolean][] = [
    ["nothing at all follows", { term: 0, offset: 0 }, false],
    ["up to the fork follows", { term: 1, offset: 100 }, false],
    ["behind the fork diverged", { term: 1, offset: 101 }, true],
    ["a term that is not in the history diverged", { term: 2, offset: 50 }, true],
    ["in the newest term follows", { term: 3, offset: 5000 }, false],
  ];
  for (const [name, position, expected] of cases) assert.equal(hasDiverged(position, history), expected, name);
});
