import type { ServerState } from "./server-state.ts";

/** What the replaying process waits for after it has read all that is there, and has nobody to ask for more. */
const ALL_READ = "RecoveryRetrieveRetryInterval";

/** Two looks that are to prove something together are at least so far apart. */
const APART_MS = 2;

/**
 * Finds the end of a standby's data: the end of its last complete entry. It is known only while nothing
 * can be received, and after all that was received before has been read and replayed. The log usually
 * goes on a little behind it, with the beginning of an entry whose rest never came; that is not data.
 *
 * Either the replay has reached all that was received. Or the replaying process has been seen twice to
 * have read everything, with the same end, and nobody received in between: once alone could be the
 * picture of a moment before a last receiver.
 */
export class ReplayEnd {
  #life = "";
  #confirmed: number | null = null;
  #seenOnce: { readonly offset: number; readonly atMs: number } | null = null;

  /** The end as this state proves it (`receivesNothing`: no process receives, and none can begin to), or `null`. */
  observe(state: ServerState, receivesNothing: boolean, nowMs: number): number | null {
    const { replayOffset: offset } = state;
    if (state.life !== this.#life) this.#forget();
    this.#life = state.life;
    if (!receivesNothing || offset === null || !state.isStandby) return this.#forget();
    if (this.#confirmed === offset) return offset;
    if (state.receivedOffset !== null && offset >= state.receivedOffset) return this.#confirm(offset);
    if (state.startupWait !== ALL_READ || state.isReplayPaused) return null;
    const before = this.#seenOnce;
    if (before !== null && before.offset === offset && nowMs - before.atMs >= APART_MS) return this.#confirm(offset);
    if (before?.offset !== offset) this.#seenOnce = { offset, atMs: nowMs };
    return null;
  }

  #confirm(offset: number): number {
    this.#confirmed = offset;
    return offset;
  }

  #forget(): null {
    this.#confirmed = null;
    this.#seenOnce = null;
    return null;
  }
}
