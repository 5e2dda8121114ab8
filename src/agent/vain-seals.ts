import type { View } from "../core/view.ts";
import type { Clock } from "../lib/clock.ts";

const WITHIN_MS = 60_000;
/** After the last one in vain the next is put off for so long. */
const BACK_OFF_MS = 10_000;

/** Counts how often this member has sealed lately without anybody taking over. */
export class VainSeals {
  readonly #clock: Clock;
  #unsealedAtMs: readonly number[] = [];
  #sealedIn: number | null = null;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** A seal that is gone while the term is still the same was in vain. */
  observe(view: View): void {
    const { record, me, nowMs } = view;
    if (record === null) return;
    const sealed = record.sealed[me] !== undefined;
    if (!sealed && this.#sealedIn === record.term) this.#unsealedAtMs = [...this.#unsealedAtMs, nowMs];
    this.#sealedIn = sealed ? record.term : null;
  }

  /** How often within the last minute; 0 once the last one is some seconds ago. */
  lately(): number {
    const from = this.#clock.nowMs() - WITHIN_MS;
    this.#unsealedAtMs = this.#unsealedAtMs.filter((atMs) => atMs > from);
    const last = this.#unsealedAtMs.at(-1) ?? -Infinity;
    return this.#clock.nowMs() - last < BACK_OFF_MS ? this.#unsealedAtMs.length : 0;
  }
}
