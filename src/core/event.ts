/** What happened, in the order of a takeover's story. */
export type EventKind =
  | "founded"
  | "suspected"
  | "vacated"
  | "sealed"
  | "unsealed"
  | "taken"
  | "promoted"
  | "opened"
  | "adopted"
  | "rule-changed"
  | "alone"
  | "members-changed"
  | "rejoining"
  | "rejoined"
  | "guard-fired"
  | "switchover"
  | "yielded"
  | "paused"
  | "resumed"
  | "loss-accepted"
  | "reinit"
  | "problem";

/** One entry of a group's history, kept in the store (the newest 1,000 of each group) under `event/GROUP/ID`. */
export interface GroupEvent {
  /** Sorts by time: wall clock in microseconds, then the node. */
  readonly id: string;
  /** Milliseconds since 1970 with fractions, by the clock of the node that tells it; for people. */
  readonly atMs: number;
  readonly group: string;
  readonly node: string;
  /** The term it belongs to: for what leads to a take, the term that is ending. */
  readonly term: number;
  readonly kind: EventKind;
  /** The name of the rule of `decide` that led to it; `""` for what was only seen. */
  readonly rule: string;
  /** A sentence for a person. */
  readonly because: string;
  /** Numbers and names that a program may want; never secrets. */
  readonly details: Readonly<Record<string, string | number | boolean | null>>;
}
