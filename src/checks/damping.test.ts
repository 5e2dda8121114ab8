import assert from "node:assert/strict";
import { test } from "node:test";
import { believed, creditText, damped, FLAP_WINDOW_MS, UNDAMPED, type Damping } from "./damping.ts";

/** `U` and `D`: a result after which the verdict is up or down; `u`: a bad one after which it is still up. `everyMs` between them. */
function after(
  results: string,
  everyMs: number,
  most: number,
  from: Damping = UNDAMPED,
  startMs = 0,
): [Damping, string] {
  let state = from;
  let seen = "";
  let nowMs = startMs;
  for (const result of results) {
    nowMs += everyMs;
    state = damped(state, result === "D" ? "down" : "up", result === "U", nowMs, most);
    seen += believed(state) === "up" ? "U" : "D";
  }
  return [state, seen];
}

const cases: readonly (readonly [results: string, everyMs: number, most: number, believed: string])[] = [
  ["UUDDUU", 1000, 5, "UUDDUU"],
  // The third change of two that are believed is one to down, and counts; the rise after it is on trial.
  ["UDUDUUUUUU", 5000, 2, "UDUDDDUUUU"],
  // A bad result begins the trial anew.
  ["UDUDUuUUUU", 5000, 2, "UDUDDDDUUU"],
  // Each further rise is tried for twice as long.
  ["UDUDUDUUUUUUU", 5000, 2, "UDUDDDDDDDUUU"],
  // 0 believes everything.
  ["UDUDUDUDU", 1000, 0, "UDUDUDUDU"],
  // Changes that lie far enough apart are believed.
  ["UDUDUDU", FLAP_WINDOW_MS, 1, "UDUDUDU"],
];

for (const [results, everyMs, most, expected] of cases)
  test(`damped() of ${results}, ${most} changes allowed, believes ${expected}`, () =>
    assert.equal(after(results, everyMs, most)[1], expected));

test("damped() never makes anything up that is down", () => {
  let seed = 7;
  const random = (): number => (seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648) / 2_147_483_648;
  for (let run = 0; run < 200; run += 1) {
    let state = UNDAMPED;
    let nowMs = 0;
    for (let i = 0; i < 200; i += 1) {
      nowMs += random() * 30_000;
      const verdict = (["up", "down"] as const)[Math.floor(random() * 2)] ?? "up";
      state = damped(state, verdict, random() < 0.5, nowMs, run % 7);
      if (verdict === "down") assert.equal(believed(state), "down");
    }
    // And what is good for as long as the window is believed again.
    for (const ms of [1, FLAP_WINDOW_MS, 1]) state = damped(state, "up", true, (nowMs += ms), run % 7);
    assert.equal(believed(state), "up");
  }
});

test("creditText() tells what is left, and when it is trusted again", () => {
  const [calm] = after("U", 1000, 2);
  assert.equal(creditText(calm, 1000, 2), null);
  const [once] = after("UD", 1000, 2);
  assert.equal(creditText(once, 2000, 2), "1 of 2 changes in 10 min");
  const [flapping] = after("UDUDU", 1000, 2);
  assert.equal(creditText(flapping, 8000, 2), "flapping: more than 2 changes in 10 min; trusted again in 7.00 s");
});
