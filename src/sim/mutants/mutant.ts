import type { Mutation } from "../../model/mutation.ts";
import type { Focus } from "./focus.ts";

/** A wrong version of the production code, or of a step of the driver as the simulator has it, and who must find it out. */
export interface Mutant extends Mutation {
  /** `model`: the simulated world hides it, for the reason that is given; the exhaustive check of `src/model` must find it. */
  readonly by: "simulator" | { readonly model: string };
  /** What most faults of its plans are; `null`: the plans are those of everybody. */
  readonly focus: Focus | null;
}

/** A mutant that the simulator must kill. */
export function mutant(
  name: string,
  rule: string,
  file: string,
  find: string,
  replace: string,
  focus: Focus | null = null,
): Mutant {
  return { name, rule, file, find, replace, focus, by: "simulator" };
}

/** The same, left to the model because of `why`. */
export function leftToTheModel(why: string, left: Mutant): Mutant {
  return { ...left, by: { model: why } };
}
