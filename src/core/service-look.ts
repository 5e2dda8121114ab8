import type { CommitRule, Copy } from "./commit-rule.ts";
import type { Fork, Position } from "./position.ts";

/**
 * What a member's service was seen to be.
 *
 * - `empty`: there is no data; it can be cloned or created
 * - `partial`: a copy or a rewind was not finished; the data is not usable and must be cloned again
 * - `foreign`: there is data that must not be touched (another cluster, owner or version); see `problem`
 * - `stopped`: there is data, and no process of the service lives
 * - `starting`, `stopping`: processes live, and it does not answer yet or any more. With a `position`, stopping means that
 *   its end is written: it acknowledges nothing any more, and only supplies what is left to its standbys
 * - `standby`, `primary`: it answers, and is that
 * - `hung`: processes live, and a probe was not answered before its deadline
 */
export type ServiceState =
  | "empty"
  | "partial"
  | "foreign"
  | "stopped"
  | "starting"
  | "stopping"
  | "standby"
  | "primary"
  | "hung";

/** A standby as its primary sees it. */
export interface Follower extends Copy {
  /** The term whose primary it follows, from its own declaration. */
  readonly term: number;
  /** The offset up to which it has everything on disk. */
  readonly offset: number;
  /** Whether it is in the stream (not still catching up from files or a backup). */
  readonly streaming: boolean;
}

/** From whom a standby receives. */
export interface Receiving {
  readonly from: string;
  readonly term: number;
  /** Whether the stream stands at this moment. */
  readonly streaming: boolean;
}

/** One observation of a member's service. It never guesses: what is not known now is `null`. */
export interface ServiceLook {
  readonly state: ServiceState;
  /** What stands in the way, for a person; `null` when nothing does. */
  readonly problem: string | null;
  /** Which data directory this is; `null` without one. */
  readonly incarnation: string | null;
  /** The identity that all copies of this data share; `null` without data, `""` for services without data. */
  readonly dataId: string | null;
  /**
   * Standby: the end of its last complete entry, once nothing is received any more and all that was
   * received has been looked at; a primary that has stopped, or is so far that it writes nothing any more: where its data
   * ends; else `null`. Services without data: always `{term: 0, offset: 0}`, which says nothing of whether they still answer.
   */
  readonly position: Position | null;
  /** The history that its data belongs to: where each term began, durable in the data directory before that term's first byte. */
  readonly forks: readonly Fork[];
  /** Roughly how far the data goes, for status and for what an asynchronous takeover may lose; `null` when not known. */
  readonly offset: number | null;
  /**
   * Standby: whom it is told to receive from; `null` once it is confirmed that it receives nothing and cannot begin to by itself.
   * Services without data: whom they follow, streaming from the first moment, since they lack nothing.
   */
  readonly receiving: Receiving | null;
  /** Standby: the last offset that the primary said it had; what is behind it may be lost in an asynchronous takeover. */
  readonly heardOffset: number | null;
  /** Primary: the term in which it was promoted; `null` else. */
  readonly term: number | null;
  /** Primary: the standbys that are connected; none for services without data. */
  readonly followers: readonly Follower[];
  /** Primary: the commit rule that is confirmed in force in every process of the service; `null` while none is. Services without data: {@link ALONE}. */
  readonly rule: CommitRule | null;
  /** Primary: how far it had written when `rule` was confirmed; 0 when it was in force before the promotion. */
  readonly ruleOffset: number;
  /** Primary: the end of the first entry of its term; `null` until that is written. Services without data: 0. */
  readonly firstOffset: number | null;
  /** Primary, while a switchover drains: clients that still have work under way. `null` when not known. */
  readonly busyClients: number | null;
}

/** What is seen before anybody has looked, and when looking itself failed. */
export const UNSEEN: ServiceLook = {
  state: "starting",
  problem: null,
  incarnation: null,
  dataId: null,
  position: null,
  forks: [],
  offset: null,
  receiving: null,
  heardOffset: null,
  term: null,
  followers: [],
  rule: null,
  ruleOffset: 0,
  firstOffset: null,
  busyClients: null,
};
