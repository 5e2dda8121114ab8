import type { Clock } from "../lib/clock.ts";

/**
 * Waits for `pending`, and every `everyMs` until it is there runs `tend`, one at a time. Settles as `pending` does, and not before the
 * `tend` under way has ended.
 */
export async function whilePending<T>(
  pending: Promise<T>,
  clock: Clock,
  everyMs: number,
  tend: () => Promise<void>,
): Promise<T> {
  const state = { isOver: false, wake: (): void => undefined };
  const pause = (): Promise<void> =>
    new Promise((resolve) => {
      const cancel = clock.after(everyMs, resolve);
      state.wake = () => {
        cancel();
        resolve();
      };
    });
  const tending = (async () => {
    for (await pause(); !state.isOver; await pause()) await tend();
  })();
  try {
    return await pending;
  } finally {
    state.isOver = true;
    state.wake();
    await tending;
  }
}
