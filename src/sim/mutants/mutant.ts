import type { Mutation } from "../../model/mutation.ts";

/** A wrong version of the production code, or of a step of the driver as the simulator has it, and who must find it out. */
export interface Mutant extends Mutation {
  /** `model`: the simulated world hides it, for the reason that is given; the exhaustive check of `src/model` must find it. */
  readonly by: "simulator" | { readonly model: string };
}

/** A mutant that the simulator must kill. */
export function mutant(name: string, rule: string, file: string, find: string, replace: string): Mutant {
  return { name, rule, file, find, replace, by: "simulator" };
}
