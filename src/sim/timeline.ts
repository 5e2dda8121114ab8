import { setFlagsFromString } from "node:v8";
import type { Cancel } from "../lib/clock.ts";

setFlagsFromString("--allow-natives-syntax");
/** Has every promise do what it has left to do. The engine's own function: a turn of the event loop for each event would take longer than the events. */
// oxlint-disable-next-line typescript/no-implied-eval -- a constant, and the only way to write a call of the engine
const settle = new Function("%PerformMicrotaskCheckpoint()") as () => void;

interface Event {
  readonly order: number;
  happen: (() => void) | null;
}

/**
 * The time of the world. It moves only when nobody has anything left to do: each event is followed by
 * everything that it sets off (the promises of production code), and only then comes the next one.
 */
export class Timeline {
  /** A heap, and when each event of it is due: most of the work of a world is to compare these. */
  readonly #heap: Event[] = [];
  readonly #dueMs: number[] = [];
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
    const event: Event = { order: this.#order++, happen: then };
    this.#push(event, this.#nowMs + Math.max(0, ms));
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
      const atMs = this.#dueMs[0] as number;
      if (next === undefined || atMs > untilMs) break;
      this.#pop();
      if (next.happen === null) continue;
      this.#nowMs = atMs;
      this.#events++;
      next.happen();
      settle();
    }
    this.#nowMs = untilMs;
  }

  #push(event: Event, atMs: number): void {
    const heap = this.#heap;
    const dueMs = this.#dueMs;
    let at = heap.push(event) - 1;
    dueMs.push(atMs);
    // Nothing that is due at the same time was put in later.
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if ((dueMs[parent] as number) <= atMs) break;
      this.#move(parent, at);
      at = parent;
    }
    heap[at] = event;
    dueMs[at] = atMs;
  }

  #pop(): void {
    const heap = this.#heap;
    const dueMs = this.#dueMs;
    const last = heap.pop() as Event;
    const lastMs = dueMs.pop() as number;
    if (heap.length === 0) return;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && this.#isBefore(child + 1, dueMs[child] as number, heap[child] as Event)) child++;
      if (!this.#isBefore(child, lastMs, last)) break;
      this.#move(child, at);
      at = child;
    }
    heap[at] = last;
    dueMs[at] = lastMs;
  }

  #move(from: number, to: number): void {
    this.#heap[to] = this.#heap[from] as Event;
    this.#dueMs[to] = this.#dueMs[from] as number;
  }

  /** Whether the event at the place `at` of the heap comes before `other`, due at `otherMs`. */
  #isBefore(at: number, otherMs: number, other: Event): boolean {
    const atMs = this.#dueMs[at] as number;
    return atMs < otherMs || (atMs === otherMs && (this.#heap[at] as Event).order < other.order);
  }
}
