import assert from "node:assert/strict";
import { test } from "node:test";
import { countBetween, longestGap } from "./gap.ts";

test("longestGap() begins with the last commit before the window", () => {
  assert.deepEqual(longestGap([0, 10, 100, 105], 50, 110), { ms: 90, fromMs: 10, toMs: 100, ended: true });
});

test("longestGap() does not see what lies wholly before the window", () => {
  assert.equal(longestGap([0, 900, 1000, 1010, 1030], 1005, 1031).ms, 20);
});

test("longestGap() says when no commit came after it", () => {
  assert.deepEqual(longestGap([0, 10], 20, 500), { ms: 490, fromMs: 10, toMs: 500, ended: false });
  assert.deepEqual(longestGap([], 20, 500), { ms: 480, fromMs: 20, toMs: 500, ended: false });
});

test("longestGap() ignores commits behind the window", () => {
  assert.deepEqual(longestGap([0, 10, 700], 5, 100), { ms: 90, fromMs: 10, toMs: 100, ended: false });
});

test("countBetween() counts the instants of a window", () => {
  assert.equal(countBetween([1, 2, 3, 4], 1, 3), 2);
  assert.equal(countBetween([], 1, 3), 0);
});
