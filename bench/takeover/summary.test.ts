import assert from "node:assert/strict";
import { test } from "node:test";
import type { Verdict } from "../../src/quickstart/client/verify.ts";
import type { Series } from "./run-fault.ts";
import type { RunResult } from "./run-once.ts";
import { isGood, summarize } from "./summary.ts";
import { table } from "./table.ts";

const intact: Verdict = { acknowledged: 1500, lost: 0, duplicated: 0, balanced: true, lostIds: [] };

const run = (gapMs: number, more: Partial<RunResult> = {}): RunResult => ({
  kind: "postmaster-kill",
  gapMs,
  gapBeganMs: -2,
  takeovers: 1,
  phases: { taken: gapMs / 2 },
  verdict: intact,
  findings: { problems: [] },
  isBack: true,
  backMs: 3000,
  perSecond: 500,
  ...more,
});

const series = (runs: readonly RunResult[], more: Partial<Series> = {}): Series => ({
  mode: "strict",
  runs,
  atTheEnd: intact,
  problem: null,
  ...more,
});

const limits = { p50: 150, p95: 400 };

test("summarize() tells gaps, phases and takeovers of all runs", () => {
  const summary = summarize("postmaster-kill", 3, series([run(100), run(120), run(90)]), limits);
  assert.deepEqual(summary.gapMs, { min: 90, p50: 100, p95: 120, max: 120 });
  assert.deepEqual(summary.phasesMs, { taken: 50 });
  assert.equal(summary.takeovers, 3);
  assert.equal(summary.withinLimits, true);
  assert.equal(isGood(summary), true);
});

test("summarize() counts as lost what was missing once, or at the end", () => {
  const once = series([run(100, { verdict: { ...intact, lost: 1 } }), run(100)]);
  const later = series([run(100)], { atTheEnd: { ...intact, lost: 2 } });
  assert.equal(summarize("soak", 1, once, {}).lost, 1);
  assert.equal(summarize("soak", 1, later, {}).lost, 2);
  assert.equal(isGood(summarize("soak", 1, later, {})), false);
});

test("a series that did not come to its end is not good", () => {
  const summary = summarize(
    "soak",
    1,
    series([run(100)], { atTheEnd: null, problem: "the client's process ended" }),
    {},
  );
  assert.equal(summary.balanced, false);
  assert.equal(isGood(summary), false);
});

test("a gap above the promise is told, and is no failure", () => {
  const summary = summarize("postmaster-kill", 1, series([run(1000)]), limits);
  assert.equal(summary.withinLimits, false);
  assert.equal(isGood(summary), true);
  assert.match(table([summary]), /p50 150 over, p95 400 over/);
});

test("a takeover where none was promised is over, too", () => {
  const summary = summarize("agent-kill", 1, series([run(50)]), { max: 100, takeovers: 0 });
  assert.equal(summary.withinLimits, false);
  assert.match(table([summary]), /max 100 ok, takeovers 0 over/);
});

test("table() stands in columns, problems below", () => {
  const bad = run(700, { kind: "switchover", findings: { problems: ["refused"], refused: 1 } });
  const good = summarize("postmaster-kill", 2, series([run(100), run(120)]), limits);
  const text = table([good, summarize("switchover", 1, series([bad]), limits)]);
  assert.deepEqual(text.split("\n"), [
    "fault            runs  min  p50  p95  max  lost  twice  balance  promised                    phases, median ms",
    "postmaster-kill     2  100  100  120  120     0      0  kept     p50 150 ok, p95 400 ok      taken 50",
    "switchover          1  700  700  700  700     0      0  kept     p50 150 over, p95 400 over  taken 350",
    "postmaster-kill (strict): 2 takeovers, 1500 commits at 500 a second",
    "switchover (strict): 1 takeovers, 1500 commits at 500 a second, 1 refused connections, NOT GOOD",
    "  run 1 (switchover): refused",
  ]);
});
