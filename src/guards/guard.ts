import type { GuardView as GuardState } from "../core/guard-view.ts";
import type { GuardTarget } from "../services/service.ts";

export type { GuardState };

/** Who may come in while a service is guarded: the other members alone, or clients as well. */
export type Admitted = "members" | "everybody";

/**
 * Stops a primary whose agent no longer renews its lease, whatever keeps the agent from doing so.
 * It lives in a process of its own (and in the kernel) and outlives the agent.
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

  /**
   * Who may come in from the next renewal on, and sooner if that can be done at once: at first the members
   * alone. Prolongs nothing and opens nothing that has closed. A guard without doors does not heed it.
   */
  admit(group: string, admitted: Admitted): void;

  /** Guards the group no longer; its service has stopped or is no primary. Also clears `fired`. */
  disarm(group: string): Promise<void>;

  /** What the guard last said about the group. */
  state(group: string): GuardState;

  /** Calls `then` when a state changes by itself (fired, lost, back). */
  onChange(then: () => void): void;

  /** Lets go of the guard, which goes on. With `end`, the guard's process ends too, if it guards nothing. */
  close(end: boolean): Promise<void>;
}
