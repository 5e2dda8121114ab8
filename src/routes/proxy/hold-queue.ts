import type { Cancel, Clock } from "../../lib/clock.ts";

/** Something that waits; the time counts from its arrival, also when it comes back. */
export interface Holdable {
  readonly arrivedAtMs: number;
}

export interface HoldQueueOptions<T> {
  readonly clock: Clock;
  readonly holdMs: number;
  readonly maxHeld: number;
  /** It has waited for `holdMs`; it is no longer in the queue. */
  readonly expired: (held: T) => void;
}

/** Connections that wait for a primary, oldest first, bounded in number and in time. */
export class HoldQueue<T extends Holdable> {
  readonly #options: HoldQueueOptions<T>;
  readonly #held: T[] = [];
  #cancel: Cancel | null = null;

  constructor(options: HoldQueueOptions<T>) {
    this.#options = options;
  }

  get size(): number {
    return this.#held.length;
  }

  /** The oldest one, which stays. */
  get first(): T | undefined {
    return this.#held[0];
  }

  /** `false` when there is no room. */
  add(item: T): boolean {
    if (this.#held.length >= this.#options.maxHeld) return false;
    const behind = this.#held.findLastIndex((other) => other.arrivedAtMs <= item.arrivedAtMs);
    this.#held.splice(behind + 1, 0, item);
    if (this.#cancel === null) this.#expireLater();
    return true;
  }

  remove(item: T): void {
    const at = this.#held.indexOf(item);
    if (at >= 0) this.#held.splice(at, 1);
    this.#restIfEmpty();
  }

  takeFirst(): T | undefined {
    const first = this.#held.shift();
    this.#restIfEmpty();
    return first;
  }

  #restIfEmpty(): void {
    if (this.#held.length > 0) return;
    this.#cancel?.();
    this.#cancel = null;
  }

  #expireLater(): void {
    const first = this.#held[0];
    const leftMs = first ? first.arrivedAtMs + this.#options.holdMs - this.#options.clock.nowMs() : 0;
    this.#cancel = this.#options.clock.after(Math.max(1, leftMs), () => this.#expire());
  }

  #expire(): void {
    const lateMs = this.#options.clock.nowMs() - this.#options.holdMs;
    for (let first = this.first; first && first.arrivedAtMs <= lateMs; first = this.first) {
      this.#held.shift();
      this.#options.expired(first);
    }
    this.#cancel = null;
    if (this.#held.length > 0) this.#expireLater();
  }
}
