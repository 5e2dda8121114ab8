import type { Timing } from "./timing.ts";

/**
 * What an observer knows of another agent's session: which value it saw, since when it has been the same,
 * and when it last looked. Instants of the observer's own monotonic clock; no clocks are compared.
 */
export interface SessionWatch {
  /** The key's revision; 0: the key is absent; {@link REPLACED}: it holds another session by now. */
  readonly revision: number;
  readonly sinceMs: number;
  readonly readAtMs: number;
}

/** The named session can never be renewed again: its agent has begun another one. */
export const REPLACED = -1;

/**
 * Folds one answered linearizable read into what was known. A change of the value, or a gap in the
 * reading of more than a third of the lease, starts the observation anew: an observer that was itself cut
 * off has observed nothing. What a read shows was true at some moment between its sending (`readAtMs`) and its answer: an
 * observation begins with the later of the two and reaches to the earlier, so a renewal that landed in between is not passed over.
 */
export function watchSession(
  before: SessionWatch | null,
  revision: number,
  readAtMs: number,
  answeredAtMs: number,
  timing: Timing,
): SessionWatch {
  const goesOn = before !== null && before.revision === revision && readAtMs - before.readAtMs <= timing.leaseMs / 3;
  return { revision, sinceMs: goesOn ? before.sinceMs : answeredAtMs, readAtMs };
}

/** Whether the session has not changed for so long that its holder must have stopped: the lease and a margin. */
export function isExpired(watch: SessionWatch, timing: Timing): boolean {
  return silentMs(watch) >= timing.leaseMs + timing.marginMs;
}

/** For how long the session is known not to have changed. */
export function silentMs(watch: SessionWatch): number {
  return watch.readAtMs - watch.sinceMs;
}
