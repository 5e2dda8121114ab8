import { isGivingUp } from "../../core/record.ts";
import type { RouteView } from "../route.ts";

/** Where a connection goes: a member, in the term in which it was chosen. */
export interface Target {
  readonly member: string;
  readonly term: number;
}

/** A target, or why the client has to wait: the second half of a sentence for a person. */
export type Choice = { readonly to: Target } | { readonly hold: string };

/** What becomes of a connection: it stays; it ends as soon as it has no work under way; it ends at once. */
export type Verdict = "keep" | "drain" | "cut";

/** What the proxy itself knows of the members. */
export interface Load {
  connectionsTo(member: string): number;
  /** Of these, those that the member has answered. */
  standingWith(member: string): number;
  /** `false` for a moment after it has refused a connection. */
  mayTry(member: string): boolean;
}

/** The rules of one port. Pure: the same view gives the same answer. */
export interface Policy {
  choose(view: RouteView, load: Load): Choice;
  /** Whether a client may have what its target has just answered: the view may have become old on the way. */
  mayJoin(view: RouteView, load: Load, target: Target): boolean;
  judge(view: RouteView, target: Target): Verdict;
  /** Who may have the connection that a cancel request is about. */
  cancelTargets(view: RouteView, load: Load): readonly string[];
}

/** New clients go to the open primary, old ones stay with it for its term. */
export const readWrite: Policy = {
  choose(view, load) {
    if (!view.isFresh && !isKnownToServe(view, load)) return { hold: "the coordination store does not answer" };
    if (view.primary === null) return { hold: `"${view.group}" has no primary at the moment` };
    if (!view.open) return { hold: `"${view.primary}" is just taking over` };
    if (isDraining(view)) return { hold: "a planned switchover is under way" };
    if (!load.mayTry(view.primary)) return { hold: `the primary "${view.primary}" does not accept connections` };
    return { to: { member: view.primary, term: view.term } };
  },

  mayJoin: (view, load) => view.isFresh || isKnownToServe(view, load),

  judge(view, target) {
    if (view.primary !== target.member || view.term !== target.term || !view.open) return "cut";
    return isDraining(view) ? "drain" : "keep";
  },

  cancelTargets: (view) => (view.primary !== null && view.open ? [view.primary] : []),
};

/** New clients go to the standby with the fewest connections; without one to the primary. */
export const readOnly: Policy = {
  choose(view, load) {
    const usable = view.readers.filter((member) => load.mayTry(member));
    const member = usable.toSorted((a, b) => load.connectionsTo(a) - load.connectionsTo(b))[0];
    return member === undefined ? readWrite.choose(view, load) : { to: { member, term: view.term } };
  },

  mayJoin: (view, load, target) => view.primary !== target.member || readWrite.mayJoin(view, load, target),

  judge(view, target) {
    if (view.primary === target.member) return isDraining(view) ? "drain" : "keep";
    return view.tolerated.includes(target.member) ? "keep" : "cut";
  },

  cancelTargets(view, load) {
    const members = [...view.tolerated, ...(view.primary === null ? [] : [view.primary])];
    return members.filter((member) => load.connectionsTo(member) > 0);
  },
};

/**
 * Whether the primary known last may have new clients without the store: its writes wait for a standby, so had it lost its term nothing
 * would be acknowledged, or it would have ended with its term; and a connection of this term still stands, so it has not begun another one that
 * may not have clients yet.
 * One that is still being made proves nothing: it may come about with the next life of the server.
 */
function isKnownToServe({ needsStandbys, isCold, primary }: RouteView, load: Load): boolean {
  return (needsStandbys || isCold) && primary !== null && load.standingWith(primary) > 0;
}

function isDraining(view: RouteView): boolean {
  return isGivingUp(view.switchover);
}
