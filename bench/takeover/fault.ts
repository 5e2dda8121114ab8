import type { LoadHandle } from "../client/load-handle.ts";
import type { Cluster } from "./cluster.ts";
import type { Mode } from "./cluster-place.ts";

/** The moment of an injection, by both clocks: the client measures with one, events are told by the other. */
export interface Moment {
  readonly monotonicMs: number;
  readonly wallMs: number;
}

/** What a fault has to work with. */
export interface Scene<C = Cluster> {
  readonly cluster: C;
  readonly load: LoadHandle;
  /** Who is primary now. */
  readonly primary: string;
  /** For how long something stays stopped or down. */
  readonly outageMs: number;
  /** Says that it happens now. Called once, right before the first signal or command. */
  readonly inject: () => Moment;
}

/** What a fault found out besides what the client saw. */
export interface Findings {
  /** What must not be: each one fails the run. */
  readonly problems: readonly string[];
  readonly twoPrimariesMs?: number;
  readonly refused?: number;
}

/** The group's figures that the project promises; a figure above is told, not punished. */
export interface Limits {
  readonly p50?: number;
  readonly p95?: number;
  readonly max?: number;
  /** How often the primary may change in all runs together. */
  readonly takeovers?: number;
}

export interface Fault<C = Cluster> {
  /** Runs when none are asked for. */
  readonly runs: number;
  readonly limits: Limits;
  /** How often the primary should change in a run. */
  readonly takeovers: 0 | 1 | "any";
  readonly outageMs: number;
  /** With which durability it is tried, one cluster each. */
  readonly modes: readonly Mode[];
  /** Does it, and undoes what it did to processes. Resolves when nothing is left stopped; the group then recovers by itself. */
  act(scene: Scene<C>): Promise<Findings>;
}

export const NOTHING_FOUND: Findings = { problems: [] };
