import type { Choices } from "./choices.ts";
import type { Bounds } from "./space.ts";
import type { Spending, State } from "./state.ts";

/** Receives each state that can follow, and what led to it: who (`NONE`: nobody of the group), by which rule or event, and why. */
export type Emit = (after: State, who: number, what: string, because: string) => void;

/** What every kind of step needs. */
export interface Model {
  readonly bounds: Bounds;
  readonly choices: Choices;
}

/** Whether the bounds allow one more of `what`. */
export function mayStill({ bounds }: Model, state: State, what: Spending): boolean {
  return state.spent[what] < (bounds.most[what] ?? 0);
}
