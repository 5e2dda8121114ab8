import type { Address } from "../../config/config.ts";
import { readOnly, readWrite, type Load, type Policy } from "../proxy/choice.ts";
import type { RouteView } from "../route.ts";

/** Who keeps the connections that it has: those that were led in a term, or those that lead to some members. */
export type Stay = { readonly mark: number | null } | { readonly members: readonly Address[] };

/** What the kernel does with the connections of a port. */
export interface Way {
  /** Where new ones go, one of them by chance; nowhere: they wait. */
  readonly to: readonly Address[];
  /** New ones are marked with it, so that it is known in which term they began. */
  readonly mark: number;
  readonly stay: Stay;
  /** New ones that lead nowhere are refused instead of waiting: they have waited for long enough. */
  readonly isRefusing: boolean;
}

/** What is known besides the view. */
export interface Knowledge {
  /** Where a member is, as the kernel knows it; `null`: not known. */
  addressOf(member: string): Address | null;
  /** How many connections stand that were led in this term. */
  standingIn(term: number): number;
}

/** Which way a port leads by `view`, and, when it leads nowhere, why not. The rules are the proxy's. */
export interface Directed {
  readonly way: Way;
  readonly members: readonly string[];
  readonly hold: string | null;
}

export function directReadWrite(view: RouteView, knowledge: Knowledge, isRefusing: boolean): Directed {
  const stays = view.primary !== null && view.open ? markOf(view.term) : null;
  return directed(choose(readWrite, view, knowledge), knowledge, (to) => ({
    to,
    mark: markOf(view.term),
    stay: { mark: stays },
    isRefusing,
  }));
}

export function directReadOnly(view: RouteView, knowledge: Knowledge, isRefusing: boolean): Directed {
  const chosen = view.readers.length > 0 ? view.readers : choose(readOnly, view, knowledge);
  const kept = [...view.tolerated, ...(view.primary === null ? [] : [view.primary])];
  const members = kept.map((member) => knowledge.addressOf(member)).filter((address) => address !== null);
  return directed(chosen, knowledge, (to) => ({ to, mark: markOf(view.term), stay: { members }, isRefusing }));
}

/** Terms begin with 1, and a mark has 32 bits. */
export function markOf(term: number): number {
  return term % 2 ** 31;
}

function choose(policy: Policy, view: RouteView, knowledge: Knowledge): readonly string[] | string {
  const load: Load = {
    connectionsTo: () => 0,
    standingWith: (member) => (member === view.primary ? knowledge.standingIn(view.term) : 0),
    mayTry: () => true,
  };
  const choice = policy.choose(view, load);
  return "to" in choice ? [choice.to.member] : choice.hold;
}

function directed(
  chosen: readonly string[] | string,
  knowledge: Knowledge,
  wayTo: (to: readonly Address[]) => Way,
): Directed {
  if (typeof chosen === "string") return { way: wayTo([]), members: [], hold: chosen };
  const known = chosen.flatMap((member) => {
    const address = knowledge.addressOf(member);
    return address === null ? [] : [{ member, address }];
  });
  return {
    way: wayTo(known.map(({ address }) => address)),
    members: known.map(({ member }) => member),
    hold: known.length === 0 ? `nobody knows the address of ${chosen.join(", ")}` : null,
  };
}
