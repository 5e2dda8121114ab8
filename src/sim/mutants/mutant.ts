import type { Mutation } from "../../model/mutation.ts";
import type { Where } from "../../model/small-worlds.ts";
import type { Focus } from "./focus.ts";

/** A wrong version of the production code, or of a step of the driver as the simulator has it. */
export interface Mutant extends Mutation {
  /** What most faults of its plans are; `null`: the plans are those of everybody. */
  readonly focus: Focus | null;
  /** The world of the model that shows what is wrong with it; `null`: the simulator does. */
  readonly where: Where | null;
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
  return { name, rule, file, find, replace, focus, where: null };
}

/** What needs an order of events that chance seldom draws: the model must kill it, which tries them all. */
export function inModel(where: Where, chosen: Mutant): Mutant {
  return { ...chosen, where };
}
