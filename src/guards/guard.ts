import type { GuardTarget } from "../services/service.ts";

/** What a guard says about one group. */
export type GuardState =
  /** The service is ended at `untilMs` unless it is armed again before. */
  | { readonly state: "armed"; readonly untilMs: number }
  /** Nothing is guarded. */
  | { readonly state: "idle" }
  /** It has ended the service: `atMs`. It stays so until disarmed. */
  | { readonly state: "fired"; readonly atMs: number }
  /** The guard cannot be reached: it guards nothing that could be relied upon. */
  | { readonly state: "lost" };

/**
 * Stops a primary whose agent no longer renews its lease, whatever keeps the agent from doing so.
 * It lives in a process of its own (or in the kernel) and outlives the agent.
 */
export interface Guard {
  /** The word that `status` shows. */
  readonly kind: string;

  /**
   * Lets the group's service run until `untilMs` of the host's monotonic clock; resolves once the guard has
   * confirmed it, rejects with a `Failure` when it did not, or when the door has already closed (a late
   * renewal re-opens nothing). Never moves the end backwards.
   */
  arm(group: string, untilMs: number, target: GuardTarget): Promise<void>;

  /** Guards the group no longer; its service has stopped or is no primary. Also clears `fired`. */
  disarm(group: string): Promise<void>;

  /** What the guard last said about the group. */
  state(group: string): GuardState;

  /** Calls `then` when a state changes by itself (fired, lost, back). */
  onChange(then: () => void): void;

  /** Lets go of the guard, which goes on. With `end`, the guard's process ends too, if it guards nothing. */
  close(end: boolean): Promise<void>;
}
