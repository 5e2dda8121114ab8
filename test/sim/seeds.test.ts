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

test("2,000 seeds violate nothing, and each goes the same way twice", { timeout: 400_000 }, async (t) => {
  const sum = await runSeeds(0, SEEDS, true, () => false);
  t.diagnostic(`${Math.round(sum.cpuMs / SEEDS / 2)} ms of a processor a run, ${sum.terms} terms`);
  assert.equal(sum.seeds, SEEDS);
  assert.deepEqual(sum.failed, [], "see: npm run sim -- --seed N");
});

test("seeds that once failed violate nothing", async () => {
  for (const seed of [8458, 3148591, 5005226, 6000521, 6001097, 7025688, 9107194, 9248181, 9388505, 9447724, 9705913])
    assert.deepEqual((await run(planOf(seed))).violations, [], `seed ${seed}`);
});

test("an agent may die or hang at a step of an operation", { timeout: 200_000 }, async () => {
  const { runs, findings } = await enumerate(EVERY, () => undefined);
  assert.ok(runs > 300, `${runs} runs`);
  assert.deepEqual(
    findings.map(({ scenario, trap }) => `${scenario}: "${trap.member}" ${trap.how} at step ${trap.at}`),
    [],
  );
});
