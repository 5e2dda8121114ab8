/**
 * The world of the model check: what the members' servers, agents and guards and the store are at one moment. Members
 * are numbers here; everything is small and plain, so that a state can be written into a short key.
 */

/** What a member's service is; a subset of the core's `ServiceState`. */
export const SERVICES = ["partial", "stopped", "standby", "primary", "stopping"] as const;

/**
 * A guard over time: `armed` until the end of the lease that its agent holds; `carried` until the end of a lease of the
 * agent's former life; `due` when that moment has come; `fired` once it has ended the service; `lost` when nobody is there.
 */
export const GUARDS = ["idle", "armed", "carried", "due", "fired", "lost"] as const;

/** The work that a service can be asked for. */
export const WORKS = [
  "create",
  "start",
  "follow",
  "seal",
  "promote",
  "begin",
  "set-rule",
  "prepare-stop",
  "stop-clean",
  "stop-kill",
  "rewind",
  "clone",
] as const;

/** No member, no rule. */
export const NONE = -1;

/** Work under way. What does not apply is `NONE`, 0 or `""`. */
export interface Work {
  readonly do: (typeof WORKS)[number];
  readonly from: number;
  readonly term: number;
  readonly forks: string;
  readonly rule: number;
}

/**
 * One member. A log is a string with one character an entry, its term: the place and the term name an entry. `forks`
 * has one character a fork, see `compact.ts`. Rules are numbers, see `compact.ts`.
 */
export interface Member {
  readonly service: (typeof SERVICES)[number];
  readonly log: string;
  readonly forks: string;
  /** From whom it receives, and in which term it says so. */
  readonly from: number;
  readonly fromTerm: number;
  /** Primary: of which term; the rule in force and, while it is being changed, the one that may be in force too. */
  readonly term: number;
  readonly rule: number;
  readonly nextRule: number;
  readonly ruleOffset: number;
  /** Primary: the end of the first entry of its term; 0: not written yet. */
  readonly first: number;
  /** Stopped in an orderly way: the end of its data is known. */
  readonly clean: boolean;
  /** The agent's lease has run out, and no new session has begun. */
  readonly lapsed: boolean;
  readonly unsettled: boolean;
  readonly guard: (typeof GUARDS)[number];
  readonly work: Work | null;
  /** Cut off from the store: the record as it read it last. */
  readonly seen: Rec | null;
}

/** The record, compact. Copies are (member, current or an earlier incarnation). */
export interface Rec {
  readonly term: number;
  readonly primary: number;
  /** Whether its session is the one that the primary's agent has now. */
  readonly live: boolean;
  readonly last: number;
  readonly lastStale: boolean;
  readonly commit: readonly number[];
  /** By member: 0, or the seal as `compact.ts` writes it. */
  readonly sealed: readonly number[];
  readonly open: boolean;
  readonly forks: string;
  /** 0: none; else its phase, and to whom. */
  readonly switchover: number;
  /** Bits of the members whose copy shall be replaced: that copy is still there, or is gone already. */
  readonly reinit: number;
  readonly reinitDone: number;
}

/** What has been used of what the bounds allow. */
export const SPENDINGS = [
  "writes",
  "crashes",
  "restarts",
  "lapses",
  "lost",
  "cuts",
  "switchovers",
  "reinits",
  "ruleChanges",
  "stops",
  "lostGuards",
] as const;
export type Spending = (typeof SPENDINGS)[number];
export type Spent = Readonly<Record<Spending, number>>;

export interface State {
  readonly members: readonly Member[];
  readonly record: Rec;
  /** A change of the record that may still be applied, as long as nothing else changes it. */
  readonly late: { readonly by: number; readonly rec: Rec } | null;
  /** The longest log that was acknowledged, and that a reader may have seen. */
  readonly acked: string;
  readonly visible: string;
  /** Bits of the terms that have been open: their clients may still be connected. */
  readonly opened: number;
  readonly spent: Spent;
  /** What a step itself has broken; `null`: nothing. Not part of the key. */
  readonly broken: string | null;
}

/** `state` with member `i` changed. */
export function withMember(state: State, i: number, change: Partial<Member>): State {
  return { ...state, members: state.members.map((m, k) => (k === i ? { ...m, ...change } : m)) };
}

/** `state` with one more of `what` used. */
export function spend(state: State, what: Spending): State {
  return { ...state, spent: { ...state.spent, [what]: state.spent[what] + 1 } };
}
