import type { GuardView as GuardState } from "../core/guard-view.ts";
import type { GuardTarget } from "../services/service.ts";

export type { GuardState };

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
