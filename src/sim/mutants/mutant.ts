import type { Mutation } from "../../model/mutation.ts";
import type { Focus } from "./focus.ts";

/** Why the simulator is not asked about a mutant. */
export interface Spared {
  /** `model`: it is for the exhaustive check of `src/model` to find. `second rule`: another rule is thought to protect as well. */
  readonly by: "model" | "second rule";
  readonly because: string;
}

/** A wrong version of the production code, or of a step of the driver as the simulator has it. */
export interface Mutant extends Mutation {
  /** What most faults of its plans are; `null`: the plans are those of everybody. */
  readonly focus: Focus | null;
  /** `null`: the simulator must find it out. */
  readonly spared: Spared | null;
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
  return { name, rule, file, find, replace, focus, spared: null };
}

/** The simulator finds it too seldom, or not at all; what it lacks for that. */
export function leftToTheModel(because: string, left: Mutant): Mutant {
  return { ...left, spared: { by: "model", because } };
}

/** Some hundred seeds aimed at it show nothing; which other rule is thought to see to that. A reason, not a proof. */
export function guardedTwice(because: string, left: Mutant): Mutant {
  return { ...left, spared: { by: "second rule", because } };
}
