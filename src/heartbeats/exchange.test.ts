import assert from "node:assert/strict";
import { test } from "node:test";
import { hearingOf } from "../core/heard.ts";
import { timingOf } from "../core/timing.ts";
import type { Clock } from "../lib/clock.ts";
import { Exchange } from "./exchange.ts";
import type { Heartbeat } from "./heartbeats.ts";

const TIMING = timingOf(2000);

/** Time that passes when it is told to. A sleeper's timers come due when it wakes. */
class HandClock implements Clock {
  #nowMs = 1000;
  #timers: { atMs: number; run: () => void }[] = [];
  readonly asleep = new Set<object>();

  nowMs(): number {
    return this.#nowMs;
  }

  wallMs(): number {
    return this.#nowMs;
  }

  after(ms: number, run: () => void): () => void {
    const timer = { atMs: this.#nowMs + ms, run };
    this.#timers.push(timer);
    return () => (this.#timers = this.#timers.filter((t) => t !== timer));
  }

  pass(ms: number): void {
    const endMs = this.#nowMs + ms;
    for (;;) {
      const next = this.#timers.filter((t) => t.atMs <= endMs).sort((a, b) => a.atMs - b.atMs)[0];
      if (next === undefined) break;
      this.#timers = this.#timers.filter((t) => t !== next);
      this.#nowMs = Math.max(this.#nowMs, next.atMs);
      next.run();
    }
    this.#nowMs = endMs;
  }

  /** Nobody runs for so long. */
  freeze(ms: number): void {
    this.#nowMs += ms;
  }
}

/** Two or more agents, and all that they ever sent. */
class Room {
  readonly clock = new HandClock();
  readonly sent: Heartbeat[] = [];
  readonly present = new Map<string, Exchange>();
  passes: (heartbeat: Heartbeat) => boolean = () => true;
  stuckMs = 0;
  #lives = 0;

  enter(me: string, session = `session of ${me}`): Exchange {
    const exchange = new Exchange({
      me,
      peers: ["a", "b"].filter((name) => name !== me),
      clock: this.clock,
      timing: TIMING,
      newLife: () => `life ${++this.#lives}`,
      send: (heartbeat) => {
        this.sent.push(heartbeat);
        if (this.passes(heartbeat)) this.clock.after(1, () => this.present.get(heartbeat.to)?.receive(heartbeat));
      },
      stuckMs: () => (me === "a" ? this.stuckMs : 0),
    });
    void this.present.get(me)?.close();
    this.present.set(me, exchange);
    exchange.say(session);
    return exchange;
  }
}

function hearing(exchange: Exchange, of: string): string {
  const heard = exchange.heard[of];
  return heard === undefined ? "never" : hearingOf(heard, TIMING);
}

test("two agents hear each other within a heartbeat, and that they are heard", () => {
  const room = new Room();
  const [a, b] = [room.enter("a"), room.enter("b")];
  room.clock.pass(110);
  assert.equal(b.heard["a"]?.session, "session of a");
  assert.equal(hearing(a, "b"), "heard");
  room.clock.pass(210);
  assert.deepEqual([a.heard["b"]?.hearsUs, b.heard["a"]?.hearsUs], [true, true]);
});

test("an agent that is gone is late after two heartbeats and silent after four, to the millisecond", () => {
  const room = new Room();
  room.enter("a");
  const b = room.enter("b");
  room.clock.pass(3000);
  let rings = 0;
  b.onChange(() => rings++);
  void room.present.get("a")?.close();
  room.clock.pass(5);
  const lastMs = b.heard["a"]?.atMs ?? 0;
  room.clock.pass(lastMs + 198 - room.clock.nowMs());
  assert.equal(hearing(b, "a"), "heard");
  room.clock.pass(4);
  assert.deepEqual([hearing(b, "a"), rings], ["late", 1]);
  room.clock.pass(195);
  assert.equal(hearing(b, "a"), "late");
  room.clock.pass(5);
  assert.deepEqual([hearing(b, "a"), rings], ["silent", 2]);
});

test("who was stopped himself accuses nobody", () => {
  const room = new Room();
  room.enter("a");
  const b = room.enter("b");
  room.clock.pass(3000);
  room.passes = ({ from }) => from !== "a";
  room.clock.freeze(20_000);
  room.clock.pass(1);
  assert.equal(hearing(b, "a"), "heard");
  room.clock.pass(390);
  assert.equal(hearing(b, "a"), "late");
  room.clock.pass(20);
  assert.equal(hearing(b, "a"), "silent");
});

test("what was received already, or overtaken, counts nothing", () => {
  const room = new Room();
  room.enter("a");
  const b = room.enter("b");
  room.clock.pass(1000);
  const recorded = room.sent.filter(({ from }) => from === "a");
  void room.present.get("a")?.close();
  room.clock.pass(500);
  for (const heartbeat of recorded) b.receive(heartbeat);
  assert.equal(hearing(b, "a"), "silent");
  assert.ok(b.dropped.old > 5);
});

test("what was recorded in another life counts nothing, be it the sender's or the receiver's", () => {
  const room = new Room();
  room.enter("a", "first");
  room.enter("b");
  room.clock.pass(1000);
  const firstLife = room.sent.filter(({ from }) => from === "a");
  room.enter("a", "second");
  room.clock.pass(1000);
  const b = room.present.get("b");
  assert.ok(b !== undefined);
  assert.equal(b.heard["a"]?.session, "second");
  for (const heartbeat of firstLife) b.receive(heartbeat);
  assert.equal(b.heard["a"]?.session, "second");

  void room.present.get("a")?.close();
  const later = room.enter("b");
  room.clock.pass(1000);
  for (const heartbeat of [...room.sent].filter(({ from }) => from === "a")) later.receive(heartbeat);
  assert.equal(hearing(later, "a"), "never");
});

test("recorded packets of the past do not keep the living from being heard, nor make anybody talk much", () => {
  const room = new Room();
  room.enter("a", "first");
  room.enter("b");
  room.clock.pass(1000);
  const old = room.sent.filter(({ from }) => from === "a");
  room.enter("b");
  room.enter("a", "second");
  const before = room.sent.length;
  for (let i = 0; i < 200; i++) {
    for (const heartbeat of old) room.present.get("b")?.receive(heartbeat);
    room.clock.pass(10);
  }
  const b = room.present.get("b");
  assert.ok(b !== undefined && b.heard["a"]?.session === "second");
  assert.equal(hearing(b, "a"), "heard");
  assert.ok(room.sent.length - before < 130, `${room.sent.length - before} sent`);
});

test("a stranger, and what is meant for somebody else, is passed over", () => {
  const room = new Room();
  const a = room.enter("a");
  room.enter("b");
  room.clock.pass(500);
  const one = room.sent.find(({ from, echo }) => from === "b" && echo !== "");
  assert.ok(one !== undefined);
  a.receive({ ...one, from: "x" });
  a.receive({ ...one, to: "b" });
  assert.equal(a.dropped.stranger, 2);
});

test("a new session is told, and rings", () => {
  const room = new Room();
  const a = room.enter("a");
  const b = room.enter("b");
  room.clock.pass(500);
  let rings = 0;
  b.onChange(() => rings++);
  a.say("another");
  room.clock.pass(110);
  assert.deepEqual([b.heard["a"]?.session, rings], ["another", 1]);
});

test("an agent that hangs is not kept alive by its heartbeats", () => {
  const room = new Room();
  room.enter("a");
  const b = room.enter("b");
  room.clock.pass(500);
  room.stuckMs = 5000;
  room.clock.pass(110);
  assert.equal(hearing(b, "a"), "silent");
});
