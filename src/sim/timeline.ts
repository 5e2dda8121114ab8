import { setFlagsFromString } from "node:v8";
import type { Cancel } from "../lib/clock.ts";

setFlagsFromString("--allow-natives-syntax");
/** Has every promise do what it has left to do. The engine's own function: a turn of the event loop for each event would take longer than the events. */
// oxlint-disable-next-line typescript/no-implied-eval -- a constant, and the only way to write a call of the engine
const settle = new Function("%PerformMicrotaskCheckpoint()") as () => void;

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
  runUntil(untilMs: number): Promise<void> {
    // Outside of any promise: within one, no other could go on.
    return new Promise((resolve) =>
      setImmediate(() => {
        this.#run(untilMs);
        resolve();
      }),
    );
  }

  #run(untilMs: number): void {
    for (;;) {
      const next = this.#heap[0];
      if (next === undefined || next.atMs > untilMs) break;
      this.#pop();
      if (next.happen === null) continue;
      this.#nowMs = next.atMs;
      this.#events++;
      next.happen();
      settle();
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
