import type { Cancel } from "../lib/clock.ts";

interface Event {
  readonly atMs: number;
  readonly order: number;
  happen: (() => void) | null;
}

/**
 * The time of the world. It moves only when nobody has anything left to do: each event is followed by
 * everything that it sets off (the promises of production code), and only then comes the next one.
 */
export class Timeline {
  readonly #heap: Event[] = [];
  #nowMs = 0;
  #order = 0;
  #events = 0;

  /** Milliseconds since the world began. */
  get nowMs(): number {
    return this.#nowMs;
  }

  /** How many things have happened. */
  get events(): number {
    return this.#events;
  }

  after(ms: number, then: () => void): Cancel {
    const event: Event = { atMs: this.#nowMs + Math.max(0, ms), order: this.#order++, happen: then };
    this.#push(event);
    return () => (event.happen = null);
  }

  /** Lets everything happen that is due by `untilMs`. */
  async runUntil(untilMs: number): Promise<void> {
    for (;;) {
      const next = this.#heap[0];
      if (next === undefined || next.atMs > untilMs) break;
      this.#pop();
      if (next.happen === null) continue;
      this.#nowMs = next.atMs;
      this.#events++;
      next.happen();
      await settled();
    }
    this.#nowMs = untilMs;
  }

  #push(event: Event): void {
    const heap = this.#heap;
    let at = heap.push(event) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!isBefore(event, heap[parent] as Event)) break;
      heap[at] = heap[parent] as Event;
      at = parent;
    }
    heap[at] = event;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop() as Event;
    if (heap.length === 0) return;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isBefore(heap[child + 1] as Event, heap[child] as Event)) child++;
      if (!isBefore(heap[child] as Event, last)) break;
      heap[at] = heap[child] as Event;
      at = child;
    }
    heap[at] = last;
  }
}

function isBefore(a: Event, b: Event): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);
}

/** Resolves when no promise has anything left to do. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
