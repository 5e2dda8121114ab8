import type { GuardTarget } from "../service.ts";
import type { Role } from "./environment.ts";
import type { Life } from "./life.ts";

/** A program that was started, and how it will have ended: `with 3`, `by SIGKILL`. */
export interface Launched {
  readonly life: Life;
  readonly ended: Promise<string>;
}

/** How a program is started and ended, and known for what it is. */
export interface Launcher {
  /** Whether the end of what was started is told at once; else somebody has to look. */
  readonly tellsOfEnd: boolean;
  /** What a person should do about it although it works; `null`: nothing. */
  readonly problem: string | null;

  /**
   * Starts it in `role`. Never once the time for which this member may be primary is over, however long that takes on the way. Rejects with a
   * `Failure` when it cannot be started at all.
   */
  launch(role: Role, signal: AbortSignal): Promise<Launched>;

  /** Asks its main process to end. Rejects when it could not be asked; it may be ending all the same. */
  askToEnd(life: Life): Promise<void>;

  /** Ends all of it, and what is on its way to a start, for good. Rejects with a `Failure` when something is left. */
  end(life: Life | null, first: number | null): Promise<void>;

  /** Nothing of it is left: clears up after it. */
  gone(life: Life | null): void;

  /** What belongs to it, and ends with it. */
  belongingOf(life: Life | null): GuardTarget;

  /** Looks no more after what it has started, which goes on. */
  close(): void;

  /** The end of what it said, as the second half of a message; empty when it said nothing. */
  lastWords(): Promise<string>;
}
