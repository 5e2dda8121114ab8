import type { GroupRecord } from "../../core/record.ts";
import type { Server, Sight } from "../server.ts";
import type { World } from "../world.ts";

/** Watches the world for one thing that must never happen. Called at the very moment; throws nothing, tells {@link World.violated}. */
export interface Check {
  /** The sentence that it proves, for the seeds that were run. */
  readonly proves: string;
  /** `server` lets the writes up to the `count`th entry of its log go: their clients are told. */
  acknowledged?(server: Server, count: number): void;
  /** `server` came out of recovery, with all that its log holds. */
  becamePrimary?(server: Server): void;
  /** A client of the proxy got `seen`, which a session of `server` saw at `atMs`. */
  read?(server: Server, seen: Sight, atMs: number): void;
  /** The data of `server` is about to be replaced. */
  destroys?(server: Server): void;
  /** The record was changed. */
  recordChanged?(before: GroupRecord | null, after: GroupRecord | null): void;
}

export type MakeCheck = (world: World) => Check;
