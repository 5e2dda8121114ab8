import assert from "node:assert/strict";
import { test } from "node:test";
import { enumerate } from "../../src/sim/enumerate.ts";
import { planOf } from "../../src/sim/plan.ts";
import { runSeeds } from "../../src/sim/pool.ts";
import { run } from "../../src/sim/run.ts";

/** As many seeds are run each time, always the same ones. */
const SEEDS = 2000;

/** Of every step of every operation each so manieth; `npm run sim -- --steps` tries all. */
const EVERY = 25;

test("2,000 seeds violate nothing", { timeout: 220_000 }, async (t) => {
  const sum = await runSeeds(0, SEEDS, false, () => false);
  t.diagnostic(`${Math.round(sum.cpuMs / SEEDS)} ms of a processor a seed, ${sum.terms} terms`);
  assert.equal(sum.seeds, SEEDS);
  assert.deepEqual(sum.failed, [], "see: npm run sim -- --seed N");
});

test("a seed goes the same way each time", async () => {
  for (const seed of [1, 2, 3, 14, 106, 178, 423]) {
    const [first, second] = [await run(planOf(seed)), await run(planOf(seed))];
    assert.equal(first.trace, second.trace, `seed ${seed}`);
    assert.equal(first.events, second.events, `seed ${seed}`);
  }
});

test("an agent may die or hang at a step of an operation", { timeout: 200_000 }, async () => {
  const { runs, findings } = await enumerate(EVERY, () => undefined);
  assert.ok(runs > 300, `${runs} runs`);
  assert.deepEqual(
    findings.map(({ scenario, trap }) => `${scenario}: "${trap.member}" ${trap.how} at step ${trap.at}`),
    [],
  );
});
