import assert from "node:assert/strict";
import { test } from "node:test";
import { afterResult, UNDECIDED, worstHealth, type HealthState } from "./health.ts";

/** `+` is a good result, `-` a bad one; what it is after each of them, by first letters. */
function verdicts(results: string, rise: number, fall: number): string {
  let state: HealthState = UNDECIDED;
  const letters: string[] = [];
  for (const result of results) {
    state = afterResult(state, result === "+", { rise, fall });
    letters.push(state.health[0] ?? "");
  }
  return letters.join("");
}

test("afterResult() changes the verdict after rise or fall results in a row", () => {
  const cases: readonly (readonly [results: string, rise: number, fall: number, expected: string])[] = [
    ["+", 1, 1, "u"],
    ["-", 1, 1, "d"],
    ["+-+-", 1, 1, "udud"],
    ["++", 2, 3, "uu"],
    ["---", 2, 3, "uud"],
    ["+-+-+-", 2, 2, "uuuuuu"],
    ["++---", 2, 3, "uuuud"],
    ["++--+---", 2, 3, "uuuuuuud"],
    ["---+-++", 2, 3, "uuddddu"],
  ];
  for (const [results, rise, fall, expected] of cases)
    assert.equal(verdicts(results, rise, fall), expected, `${results} rise ${rise} fall ${fall}`);
});

test("afterResult() stays undecided while good and bad alternate", () => {
  let state: HealthState = UNDECIDED;
  for (let i = 0; i < 10; i++) state = afterResult(state, i % 2 === 0, { rise: 2, fall: 2 });
  assert.equal(state.health, "unknown");
});

test("worstHealth() lets one bad check decide", () => {
  assert.equal(worstHealth([]), "up");
  assert.equal(worstHealth(["up", "up"]), "up");
  assert.equal(worstHealth(["up", "unknown"]), "unknown");
  assert.equal(worstHealth(["unknown", "down", "up"]), "down");
});
