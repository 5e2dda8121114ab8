import assert from "node:assert/strict";
import { test } from "node:test";
import { majorityOf } from "./observers.ts";
import type { Health } from "./session.ts";

const said: readonly [Health, readonly Health[], Health][] = [
  ["down", [], "down"],
  ["up", [], "up"],
  ["unknown", [], "unknown"],
  ["down", ["up"], "unknown"],
  ["up", ["down"], "unknown"],
  ["down", ["down"], "down"],
  ["down", ["up", "up"], "up"],
  ["up", ["down", "down"], "down"],
  ["up", ["down", "unknown"], "unknown"],
  ["up", ["down", "down", "up"], "unknown"],
  ["unknown", ["down"], "down"],
  ["down", ["unknown", "unknown"], "down"],
];

for (const [own, others, all] of said)
  test(`a primary that sees itself ${own}, and others ${others.join(", ") || "nothing"}, is ${all}`, () =>
    assert.equal(majorityOf(own, others), all));
