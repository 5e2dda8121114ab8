import assert from "node:assert/strict";
import { test } from "node:test";
import type { Clock } from "./clock.ts";
import { isAnswered } from "./patience.ts";

/** A clock whose timers fire when it is told to, by `lateMs` too late. */
class HandClock implements Clock {
  #nowMs = 0;
  #timers: { atMs: number; run: () => void }[] = [];

  nowMs(): number {
    return this.#nowMs;
  }

  wallMs(): number {
    return this.#nowMs;
  }

  after(ms: number, then: () => void): () => void {
    const timer = { atMs: this.#nowMs + ms, run: then };
    this.#timers.push(timer);
    return () => (this.#timers = this.#timers.filter((t) => t !== timer));
  }

  async pass(ms: number): Promise<void> {
    this.#nowMs += ms;
    const due = this.#timers.filter((t) => t.atMs <= this.#nowMs);
    this.#timers = this.#timers.filter((t) => t.atMs > this.#nowMs);
    for (const { run } of due) run();
    await new Promise((resolve) => setImmediate(resolve));
  }
}

const never = new Promise<void>(() => undefined);

test("isAnswered() gives up after its time", async () => {
  const clock = new HandClock();
  const waiting = isAnswered(never, 400, clock);
  for (let i = 0; i < 8; i++) await clock.pass(50);
  assert.equal(await waiting, false);
});

test("isAnswered() does not hold against the other that we were away", async () => {
  const clock = new HandClock();
  let answer: () => void = () => undefined;
  const waiting = isAnswered(new Promise<void>((resolve) => (answer = resolve)), 400, clock);
  await clock.pass(50);
  await clock.pass(20_000);
  answer();
  await clock.pass(50);
  assert.equal(await waiting, true);
});

test("isAnswered() counts a refusal as an answer", async () => {
  assert.equal(await isAnswered(Promise.reject(new Error("no")), 400, new HandClock()), true);
});
