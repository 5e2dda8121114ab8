import assert from "node:assert/strict";
import { test } from "node:test";
import type { Clock } from "../../lib/clock.ts";
import { HoldQueue } from "./hold-queue.ts";
import { Refusals } from "./refusals.ts";

/** A clock that goes when it is told to. */
class HandClock implements Clock {
  #nowMs = 0;
  #alarms: { atMs: number; ring: () => void }[] = [];

  nowMs(): number {
    return this.#nowMs;
  }

  wallMs(): number {
    return this.#nowMs;
  }

  after(ms: number, then: () => void): () => void {
    const alarm = { atMs: this.#nowMs + ms, ring: then };
    this.#alarms.push(alarm);
    return () => (this.#alarms = this.#alarms.filter((other) => other !== alarm));
  }

  goTo(atMs: number): void {
    for (this.#nowMs += 1; this.#nowMs < atMs; this.#nowMs += 1) this.#ring();
    this.#ring();
  }

  #ring(): void {
    const due = this.#alarms.filter(({ atMs }) => atMs <= this.#nowMs);
    this.#alarms = this.#alarms.filter((alarm) => !due.includes(alarm));
    for (const { ring } of due) ring();
  }
}

function queueOf(maxHeld: number): {
  clock: HandClock;
  queue: HoldQueue<{ arrivedAtMs: number }>;
  expired: [number, number][];
} {
  const clock = new HandClock();
  const expired: [number, number][] = [];
  const queue = new HoldQueue<{ arrivedAtMs: number }>({
    clock,
    holdMs: 100,
    maxHeld,
    expired: ({ arrivedAtMs }) => expired.push([arrivedAtMs, clock.nowMs()]),
  });
  return { clock, queue, expired };
}

test("HoldQueue gives out the oldest first, also when one comes back", () => {
  const { queue } = queueOf(10);
  for (const arrivedAtMs of [1, 2, 3]) queue.add({ arrivedAtMs });
  const first = queue.takeFirst();
  assert.equal(first?.arrivedAtMs, 1);
  assert.ok(first && queue.add(first));
  assert.deepEqual(
    [queue.takeFirst(), queue.takeFirst(), queue.takeFirst(), queue.takeFirst()].map((x) => x?.arrivedAtMs),
    [1, 2, 3, undefined],
  );
});

test("HoldQueue takes no more than it may", () => {
  const { queue } = queueOf(2);
  const one = { arrivedAtMs: 0 };
  assert.ok(queue.add(one) && queue.add({ arrivedAtMs: 0 }));
  assert.equal(queue.add({ arrivedAtMs: 0 }), false);
  queue.remove(one);
  assert.equal(queue.size, 1);
  assert.ok(queue.add({ arrivedAtMs: 0 }));
});

test("HoldQueue lets each wait for its time, counted from its arrival", () => {
  const { clock, queue, expired } = queueOf(10);
  queue.add({ arrivedAtMs: 0 });
  clock.goTo(40);
  queue.add({ arrivedAtMs: 40 });
  queue.add({ arrivedAtMs: 10 });
  clock.goTo(300);
  assert.deepEqual(expired, [
    [0, 100],
    [10, 110],
    [40, 140],
  ]);
  queue.add({ arrivedAtMs: 300 });
  clock.goTo(500);
  assert.deepEqual(expired.at(-1), [300, 400]);
});

test("Refusals leaves a member alone for a moment, then lets one at a time try it", () => {
  const refusals = new Refusals(50, () => 0);
  assert.equal(refusals.mayTry("a", 0), true);
  assert.equal(refusals.note("a", 0), true);
  assert.equal(refusals.mayTry("a", 19), false);
  assert.equal(refusals.mayTry("b", 19), true);
  assert.equal(refusals.mayTry("a", 20), true);
  refusals.trying("a");
  assert.equal(refusals.mayTry("a", 21), false);
  refusals.abandoned("a");
  assert.equal(refusals.mayTry("a", 21), true);
  assert.equal(refusals.note("a", 30), false);
  assert.equal(refusals.untilMs("a"), 70);
  refusals.note("a", 80);
  assert.equal(refusals.untilMs("a"), 130);
  refusals.worked("a");
  assert.equal(refusals.mayTry("a", 81), true);
});
