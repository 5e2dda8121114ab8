import { applyMutation } from "../../model/mutation.ts";
import { findIn, findWithout } from "../../model/without.ts";
import type { Where } from "../../model/small-worlds.ts";
import type { Trail } from "./hunt.ts";
import type { Mutant } from "./mutant.ts";
import { MUTANTS } from "./mutants.ts";

/**
 * The program of one child: seeds over one mutant, or all states of a world, until something is wrong; then, or at the
 * end, it prints a line with what it found. With `true` instead of the first seed: so many states of that world, by the
 * true sources.
 */
const [name = "", first = "0", count = "1"] = process.argv.slice(2);
const mutant = MUTANTS.find((m) => m.name === name);
if (mutant === undefined) throw new Error(`There is no mutant "${name}"`);
const trail =
  mutant.where === null ? await bySeeds(mutant, Number(first), Number(count)) : await byModel(mutant, mutant.where);
process.stdout.write(JSON.stringify(trail));

async function bySeeds(wrong: Mutant, from: number, many: number): Promise<Trail> {
  applyMutation(wrong);
  // Only now: what they import loads with the change.
  const { planOf } = await import("../plan.ts");
  const { focused, trapOf } = await import("./focus.ts");
  const { run } = await import("../run.ts");
  for (let seed = from; seed < from + many; seed++) {
    const plan = planOf(seed);
    const [violation] = (await run(focused(plan, wrong.focus), trapOf(plan, wrong.focus))).violations;
    if (violation !== undefined) return { seed, what: violation.what, because: violation.because };
  }
  return { seed: null, what: null, because: null };
}

async function byModel(wrong: Mutant, where: Where): Promise<Trail> {
  const finding = first === "true" ? await findIn(where, Number(count)) : await findWithout(wrong, where);
  const { violation, steps, states, story } = finding;
  return { seed: null, what: violation, because: violation === null ? null : story.join("\n"), steps, states };
}
