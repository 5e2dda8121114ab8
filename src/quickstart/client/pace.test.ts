import assert from "node:assert/strict";
import { test } from "node:test";
import { nextDueMs } from "./pace.ts";

test("nextDueMs() keeps the pace whatever the work took", () => {
  assert.equal(nextDueMs(1000, 1002, 16, 50), 1016);
  assert.equal(nextDueMs(1000, 1040, 16, 50), 1016);
});

test("nextDueMs() drops what cannot be caught up with", () => {
  assert.equal(nextDueMs(1000, 21_000, 16, 50), 20_950);
});
