import { explore, type Exploration } from "./explore.ts";
import { groupSpace } from "./group-space.ts";
import { leaseSpace, tellLease } from "./lease/lease-space.ts";
import { promiseSpace, tellPromise } from "./lease/promise-space.ts";
import type { Apart, Where } from "./small-worlds.ts";
import { tell } from "./story.ts";
import type { Bounds } from "./space.ts";

/** What came of one exploration, ready to be printed. */
export interface Finding {
  readonly outcome: "complete" | "bounded" | "violated";
  readonly states: number;
  readonly seconds: number;
  /** How many steps lead to the farthest state, or to the violation. */
  readonly steps: number;
  readonly violation: string | null;
  readonly story: readonly string[];
  /** The rules of `decide` that anybody has come to. */
  readonly rules: readonly string[];
}

/** Explores one group. `early`: also what the rules keep so that the promises hold. */
export function checkGroup(bounds: Bounds, limit: number, early: boolean): Finding {
  const { space, model } = groupSpace(bounds, early);
  return found(
    () => explore(space, limit),
    (trace) => tell(space.start, trace),
    () => [...model.choices.rules],
  );
}

const APART_LIMIT = 5_000_000;

/** Explores a lease and a take by its expiry, or promises and a take that waits for their end. */
export function checkApart(what: Apart): Finding {
  const none = (): readonly string[] => [];
  return what === "lease"
    ? found(() => explore(leaseSpace(), APART_LIMIT), tellLease, none)
    : found(() => explore(promiseSpace(), APART_LIMIT), tellPromise, none);
}

/** Explores `where`, as far as a rule that was taken out needs it. */
export function checkIn(where: Where, limit: number): Finding {
  return typeof where === "string" ? checkApart(where) : checkGroup(where, limit, false);
}

type Trace<S> = Extract<Exploration<S>, { readonly outcome: "violated" }>["trace"];

function found<S>(
  explored: () => Exploration<S>,
  told: (trace: Trace<S>) => readonly string[],
  rules: () => readonly string[],
): Finding {
  const startedAt = performance.now();
  const result = explored();
  const seconds = (performance.now() - startedAt) / 1000;
  const { outcome, states } = result;
  if (result.outcome !== "violated")
    return { outcome, states, seconds, steps: result.depth, violation: null, story: [], rules: rules() };
  const { violation, trace } = result;
  return { outcome, states, seconds, steps: trace.length, violation, story: told(trace), rules: rules() };
}
