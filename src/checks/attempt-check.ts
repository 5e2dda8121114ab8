import type { Clock } from "../lib/clock.ts";
import { messageOf } from "../lib/failure.ts";
import type { Check, CheckResult, Metric } from "./check.ts";

/** What a good attempt saw. */
export interface Seen {
  readonly text: string;
  readonly metrics?: readonly Metric[];
}

/** Asks once; rejects with what is wrong. Once `signal` is aborted nobody waits for it, and it lets go of everything. */
export type Attempt = (signal: AbortSignal, deadlineMs: number) => Promise<Seen>;

/**
 * A check made of attempts, of which there is one at a time: one that ignores its end (a disk that hangs) is not joined by
 * another until it has ended, and each try until then fails.
 */
export function attemptCheck(attempt: Attempt, clock: Clock): Check {
  let underWay = false;
  let cutOff = (): void => undefined;
  return {
    run(deadlineMs) {
      const startedMs = clock.nowMs();
      const result = (ok: boolean, seen: Seen): CheckResult => ({ ok, ...seen, tookMs: clock.nowMs() - startedMs });
      if (underWay) return Promise.resolve(result(false, { text: "the try before has not ended" }));
      underWay = true;
      return new Promise<CheckResult>((resolve) => {
        const ending = new AbortController();
        const settle = (ok: boolean, seen: Seen): void => {
          cancel();
          resolve(result(ok, seen));
        };
        const cut = (text: string): void => {
          settle(false, { text });
          ending.abort();
        };
        const cancel = clock.after(deadlineMs, () => cut(`no answer in ${deadlineMs} ms`));
        cutOff = () => cut("the check was ended");
        void begin(attempt, ending.signal, deadlineMs)
          .then(
            (seen) => settle(true, seen),
            (error: unknown) =>
              settle(false, { text: messageOf(error) || "it failed without a word", ...metricsOf(error) }),
          )
          .finally(() => (underWay = false));
      });
    },
    close: () => cutOff(),
  };
}

/** A bad answer that has figures, too. */
export class BadAnswer extends Error {
  override name = "BadAnswer";
  readonly metrics: readonly Metric[];

  constructor(text: string, metrics: readonly Metric[] = []) {
    super(text);
    this.metrics = metrics;
  }
}

function metricsOf(error: unknown): { readonly metrics?: readonly Metric[] } {
  return error instanceof BadAnswer && error.metrics.length > 0 ? { metrics: error.metrics } : {};
}

/** An attempt that throws is one that rejects. */
async function begin(attempt: Attempt, signal: AbortSignal, deadlineMs: number): Promise<Seen> {
  return attempt(signal, deadlineMs);
}
