import { applyMutation } from "../../model/mutation.ts";
import type { Trail } from "./hunt.ts";
import { MUTANTS } from "./mutants.ts";

/** The program of one child: seeds over one mutant, until one is violated; then, or at the end, it prints a line with what it found. */
const [name = "", first = "0", count = "1"] = process.argv.slice(2);
const mutant = MUTANTS.find((m) => m.name === name);
if (mutant === undefined) throw new Error(`There is no mutant "${name}"`);
applyMutation(mutant);

// Only now: what they import loads with the change.
const { planOf } = await import("../plan.ts");
const { focused, trapOf } = await import("./focus.ts");
const { run } = await import("../run.ts");

let trail: Trail = { seed: null, what: null, because: null };
for (let seed = Number(first); seed < Number(first) + Number(count) && trail.seed === null; seed++) {
  const plan = planOf(seed);
  const [violation] = (await run(focused(plan, mutant.focus), trapOf(plan, mutant.focus))).violations;
  if (violation !== undefined) trail = { seed, what: violation.what, because: violation.because };
}
process.stdout.write(JSON.stringify(trail));
