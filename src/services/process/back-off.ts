/** After the first early end the next start waits that long; each further one doubles it. */
const FIRST_MS = 500;
const LONGEST_MS = 30_000;
/** Whoever has lived so long has not ended early. */
const EARLY_MS = 60_000;

/** How long a process that ends soon after its start waits for the next one. */
export class BackOff {
  #ends = 0;
  #lastMs = 0;

  /** It has ended, or has not come up, `livedMs` after its start. */
  ended(livedMs: number, nowMs: number): void {
    this.#ends = livedMs < EARLY_MS ? this.#ends + 1 : 0;
    this.#lastMs = nowMs;
  }

  /** For how long it must not be started yet. */
  pauseMs(nowMs: number): number {
    if (this.#ends === 0) return 0;
    const pauseMs = Math.min(LONGEST_MS, FIRST_MS * 2 ** (this.#ends - 1));
    return Math.max(0, this.#lastMs + pauseMs - nowMs);
  }

  /** How often in a row it ended early, for people. */
  get ends(): number {
    return this.#ends;
  }
}
