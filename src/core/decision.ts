import type { EventKind } from "./event.ts";
import type { GroupRecord } from "./record.ts";
import type { ServiceAction } from "./service-action.ts";

/** Every rule by which a member acts. The names stand in the journal, in `why`, in the metrics and in the documentation. */
export const RULE_NAMES = [
  // whoever holds the term
  "adopt",
  "adopt-too-late",
  "lease-lapsed",
  "not-my-term",
  "guard-fired",
  "arm-guard",
  "primary-hung",
  "primary-ended",
  "finish-stop",
  "restarted-in-place",
  "promote",
  "begin-term",
  "open",
  "leave",
  "unhealthy",
  "switchover-prepare",
  "switchover-drain",
  "switchover-yield",
  "switchover-stop",
  "switchover-impossible",
  "reinit-impossible",
  "put-rule-in-force",
  "drop-old-rules",
  "change-rule",
  "go-on-alone",
  "change-members",
  "steady",
  "go-on-by-promises",
  // everybody else
  "no-record",
  "create",
  "found",
  "store-doubt",
  "superseded",
  "foreign-data",
  "start",
  "stuck",
  "stop-receiving",
  "await-handover",
  "find-end",
  "change-upstream",
  "seal",
  "take",
  "promised",
  "sealed-waiting",
  "back-off",
  "unseal",
  "clone",
  "abandon",
  "rewind",
  "leave-rule-first",
  "follow",
  "following",
  "paused",
  "reinit",
  // both
  "settle",
  "working",
  "waiting",
  "end-processes",
] as const;

export type RuleName = (typeof RULE_NAMES)[number];

/** One thing to do. The shell does them in their order and stops at the first that does not succeed. */
export type Effect =
  /** Change the record by compare-and-set; with `andHolder` also only if the holder's session key is as observed. */
  | {
      readonly effect: "write";
      readonly record: GroupRecord;
      readonly andHolder: boolean;
      readonly event: EventKind | null;
    }
  /** Start long work on the service. */
  | { readonly effect: "work"; readonly action: ServiceAction }
  /** Break off the making of new data. */
  | { readonly effect: "abandon" }
  /** Let the guard allow the service until then: the end of the lease, or of promises. */
  | { readonly effect: "arm"; readonly untilMs: number }
  | { readonly effect: "disarm" }
  /** Look again that soon: what is waited for rings no bell. */
  | { readonly effect: "again"; readonly inMs: number }
  /** Call out that our own service, which holds the term, is failing. */
  | { readonly effect: "alarm" }
  /** Have the heartbeats ask for promises in this term, until a decision does not. */
  | { readonly effect: "ask-promises"; readonly term: number }
  /** Give this member's word, from now on for {@link PROMISE_MS}, and say so with each heartbeat. */
  | { readonly effect: "promise"; readonly term: number }
  /** Ask the primary's service directly. */
  | { readonly effect: "probe"; readonly member: string };

/** What to do and why. */
export interface Decision {
  readonly rule: RuleName;
  /** A sentence for a person, with the numbers it rests on. */
  readonly because: string;
  readonly effects: readonly Effect[];
}

/** A verdict reads as a line: its name, its reason, what follows from it. */
export function verdict(rule: RuleName, because: string, ...effects: readonly Effect[]): Decision {
  return { rule, because, effects };
}

export function write(record: GroupRecord, event: EventKind | null = null): Effect {
  return { effect: "write", record, andHolder: false, event };
}

export function writeIfHolderUnchanged(record: GroupRecord, event: EventKind): Effect {
  return { effect: "write", record, andHolder: true, event };
}

export function work(action: ServiceAction): Effect {
  return { effect: "work", action };
}

/** Look again soon. */
export function again(inMs: number): Effect {
  return { effect: "again", inMs };
}

export function endForGood(because: string): Effect {
  return work({ do: "stop", how: "kill", because });
}
