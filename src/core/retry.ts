import type { WorkFailure } from "./view.ts";

/** After the first failure work is tried again that soon; each further failure doubles it. */
const FIRST_MS = 500;
const LONGEST_MS = 30_000;

/** How long work that has failed waits before it is tried again; 0: now. */
export function retryInMs(failure: WorkFailure | null, nowMs: number): number {
  if (failure === null) return 0;
  const pauseMs = Math.min(LONGEST_MS, FIRST_MS * 2 ** (failure.times - 1));
  return Math.max(0, failure.atMs + pauseMs - nowMs);
}
