import type { Clock } from "../../lib/clock.ts";

/** How finely a wait is cut up. */
const SLICE_MS = 50;

/**
 * Waits for `answer` for `ms` milliseconds, and tells whether it came (well or badly). The wait is made of
 * short slices that each count only once, so the time in which this very process was late (stopped, or
 * busy) is not held against whoever should have answered: an answer that is here already is seen first.
 */
export async function isAnswered(answer: Promise<unknown>, ms: number, clock: Clock): Promise<boolean> {
  let answered = false;
  const come = answer.then(
    () => (answered = true),
    () => (answered = true),
  );
  for (let leftMs = ms; leftMs > 0 && !answered; leftMs -= SLICE_MS) {
    await slice(come, Math.min(SLICE_MS, leftMs), clock);
  }
  return answered;
}

async function slice(come: Promise<unknown>, ms: number, clock: Clock): Promise<void> {
  let cancel = (): void => undefined;
  const over = new Promise<void>((resolve) => {
    cancel = clock.after(ms, resolve);
  });
  await Promise.race([come, over]);
  cancel();
}
