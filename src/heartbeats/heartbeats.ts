import type { Heard } from "../core/heard.ts";
import type { Ask, Promised } from "../core/promise.ts";

/**
 * Heartbeats from this node's agent to those of all others, and what is heard of theirs. They tell who lives, and carry
 * promises; a promise counts from when it was asked for, so all of them may get lost or come late.
 */
export interface Heartbeats {
  /** What was heard, by the node's name; those that were never heard in this life are missing. Out of date by a second at most. */
  readonly heard: Readonly<Record<string, Heard>>;

  /** How many packets were passed over, by the reason. */
  readonly dropped: Readonly<Record<Dropped, number>>;

  /** What keeps them from being sent or heard, for a person; `null`: nothing. */
  readonly problem: string | null;

  /** From now on every heartbeat names this session of ours. Before the first call none is sent. */
  say(session: string): void;

  /** From now on every heartbeat asks for promises in this term of the group; `null`: no more. */
  ask(group: string, term: number | null): void;

  /** From now on every heartbeat says this instead of what it said of the group before, with the time that is left of it. */
  promise(promised: Promised): void;

  /** Calls `then` soon after a node was heard for the first time or again, fell late or silent, has a new session, asks or promises. */
  onChange(then: () => void): void;

  /** None is sent any more. */
  close(): Promise<void>;
}

/** One heartbeat, as it travels. */
export interface Heartbeat {
  readonly from: string;
  readonly to: string;
  /** A random number for this life of the sender: what was recorded in another one is worth nothing. */
  readonly life: string;
  /** The life of the receiver by which the sender knows it: proof that this was sent after that life began. Empty: by none. */
  readonly echo: string;
  /** Grows with each heartbeat of this life. */
  readonly sequence: number;
  /** The newest heartbeat that the sender has from `echo`, 0 for none: an answer to it, and to none before. */
  readonly heardSequence: number;
  /** How long ago that was; `null`: never. */
  readonly heardMsAgo: number | null;
  /** For how long the sender's agent has given its own thread of heartbeats no sign of life. */
  readonly stuckMs: number;
  /** The sender's session in the store. */
  readonly session: string;
  readonly asks: readonly Ask[];
  readonly promises: readonly Word[];
}

/** A promise on its way: it holds for so much longer than the moment of sending. */
export interface Word extends Ask {
  readonly forMs: number;
}

/**
 * Why a packet was passed over.
 *
 * - `oversized`, `malformed`: it is no heartbeat of this version
 * - `wrong-key`: it was not made with this cluster's key, or was changed on its way
 * - `wrong-cluster`: made with our key, for another cluster
 * - `stranger`: from or to a node that is not meant
 * - `unverified`: its sender does not know this life of ours (yet), or it was recorded before it
 * - `old`: it was received already, overtaken, or belongs to a life that is over
 */
export type Dropped = "oversized" | "malformed" | "wrong-key" | "wrong-cluster" | "stranger" | "unverified" | "old";

export const NONE_DROPPED: Readonly<Record<Dropped, number>> = {
  oversized: 0,
  malformed: 0,
  "wrong-key": 0,
  "wrong-cluster": 0,
  stranger: 0,
  unverified: 0,
  old: 0,
};
