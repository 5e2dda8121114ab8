import type { Clock } from "./clock.ts";

/** How finely a wait is cut up. */
const SLICE_MS = 50;

/**
 * Waits for `answer` for `ms` milliseconds, and tells whether it came (well or badly). The wait is made of
 * short slices that each count only once, so the time in which this very process was late (stopped, or
 * busy) is not held against whoever should have answered: an answer that is here already is seen first.
 */
export async function isAnswered(answer: Promise<unknown>, ms: number, clock: Clock): Promise<boolean> {
  const come = answer.then(
    () => true,
    () => true,
  );
  for (let leftMs = ms; leftMs > 0; leftMs -= SLICE_MS) {
    if (await comesWithin(come, Math.min(SLICE_MS, leftMs), clock)) return true;
  }
  return false;
}

async function comesWithin(come: Promise<boolean>, ms: number, clock: Clock): Promise<boolean> {
  let cancel = (): void => undefined;
  const over = new Promise<boolean>((resolve) => {
    cancel = clock.after(ms, () => resolve(false));
  });
  const isCome = await Promise.race([come, over]);
  cancel();
  return isCome;
}
