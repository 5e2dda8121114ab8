import type { Decision } from "../../core/decision.ts";
import type { Promised } from "../../core/promise.ts";
import type { GroupRecord } from "../../core/record.ts";
import type { View } from "../../core/view.ts";
import type { Entry as StoreEntry } from "../../store/store.ts";
import type { Node } from "../node.ts";
import type { Server, Sight } from "../server.ts";
import type { Stream } from "../stream.ts";
import type { World } from "../world.ts";

/** Watches the world for one thing that must never happen. Called at the very moment; throws nothing, tells {@link World.violated}. */
export interface Check {
  /** The sentence that it proves, for the seeds that were run. */
  readonly proves: string;
  /** `server` lets the writes up to the `count`th entry of its log go: their clients are told. */
  acknowledged?(server: Server, count: number): void;
  /** `server`, which has no data, answers a client. */
  answered?(server: Server): void;
  /** A proxy's next client would be let in to `member`, or is. */
  leads?(member: string): void;
  /** `server` came out of recovery, with all that its log holds. */
  becamePrimary?(server: Server): void;
  /** A client of the proxy got `seen`, which a session of `server` saw at `atMs`. */
  read?(server: Server, seen: Sight, atMs: number): void;
  /** `server` is about to put entries behind its first `from`, which came by `stream`. */
  receives?(server: Server, stream: Stream, from: number): void;
  /** The data of `server` is about to be replaced, as was decided in `term`. */
  destroys?(server: Server, term: number): void;
  /** The record was changed. */
  recordChanged?(before: GroupRecord | null, after: GroupRecord | null): void;
  /** An agent has decided to do something. */
  decided?(node: Node, view: View, decision: Decision): void;
  /** The agent of `node` has got an answer to a read that it sent at `sentAtMs` of its own clock. */
  heard?(node: string, entries: readonly StoreEntry[], sentAtMs: number, nowMs: number): void;
  /** It has heard that its change `rev` of the record was applied. */
  wrote?(node: string, rev: number): void;
  /** Its agent sends a change of the record, with a number of its own. */
  changes?(node: string, change: number): void;
  /** It has heard what became of that. */
  hasChanged?(node: string, change: number, isApplied: boolean): void;
  /** It gives its word; the end is one of its own clock. */
  promises?(node: string, promised: Promised): void;
  /** The agent of `node` renews its session `id`. */
  renews?(node: string, id: string, sentAtMs: number): void;
  /** It has heard that the renewal which it sent then was applied. */
  renewed?(node: string, id: string, sentAtMs: number): void;
  /** Its guard lets the service go on until `untilMs`; `wasOver`: the end before that had passed already. */
  armed?(node: string, untilMs: number, wasOver: boolean): void;
}

export type MakeCheck = (world: World) => Check;
