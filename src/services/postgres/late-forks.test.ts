import assert from "node:assert/strict";
import { test } from "node:test";
import { withLateForks } from "./late-forks.ts";

const forks = [{ term: 1, offset: 100 }];

test("withLateForks() adds a term that arrived with its first entry", () => {
  assert.deepEqual(withLateForks(forks, [100, 500], [1, 2], 600), [...forks, { term: 2, offset: 500 }]);
});

test("withLateForks() adds nothing without a first entry: it was promoted by hand", () => {
  assert.equal(withLateForks(forks, [100, 500], [1], 600), forks);
  assert.equal(withLateForks(forks, [100, 500, 550], [1, 2], 600), forks);
});

test("withLateForks() adds nothing that has not arrived", () => {
  assert.equal(withLateForks(forks, [100, 500], [1, 2], 500), forks);
});
