import assert from "node:assert/strict";
import { test } from "node:test";
import { sleep, type Clock } from "../../src/lib/clock.ts";
import { Failure } from "../../src/lib/failure.ts";
import type { Guard } from "../../src/guards/guard.ts";
import type { GuardTarget } from "../../src/services/service.ts";

/** A service that a guard can end. */
export interface GuardedService {
  readonly target: GuardTarget;
  isRunning(): boolean;
}

/** What the suite needs of an implementation. */
export interface GuardWorld {
  readonly clock: Clock;
  /** Opens the guard of the one directory of this world, as an agent does that starts. */
  open(): Promise<Guard>;
  startService(): Promise<GuardedService>;
  dispose(): Promise<void>;
}

/** How long after a deadline all must be over, on a busy machine. */
const SLACK_MS = 250;

/** The promises of `Guard`, tried against one implementation. */
export function guardConformance(name: string, makeWorld: () => Promise<GuardWorld>): void {
  const inWorld = (what: string, body: (world: GuardWorld) => Promise<void>): void => {
    void test(`${name} guard ${what}`, { timeout: 10_000 }, async () => {
      const world = await makeWorld();
      const opened: Guard[] = [];
      const open = async (): Promise<Guard> => {
        const guard = await world.open();
        opened.push(guard);
        return guard;
      };
      try {
        await body({ ...world, open });
      } finally {
        // A test that has failed leaves them open, and they would keep its process alive.
        for (const guard of opened) await guard.close(true).catch(() => undefined);
        await world.dispose();
      }
    });
  };

  inWorld("ends a service that is not renewed, on time, and says when", async (world) => {
    const guard = await world.open();
    const service = await world.startService();
    let rang = 0;
    guard.onChange(() => (rang += 1));
    const untilMs = world.clock.nowMs() + 200;
    await guard.arm("db", untilMs, service.target);
    assert.deepEqual(guard.state("db"), { state: "armed", untilMs });
    await sleep(world.clock, 150);
    assert.equal(service.isRunning(), true);
    await until(world, () => guard.state("db").state === "fired");
    const state = guard.state("db");
    assert.ok(state.state === "fired" && state.atMs >= untilMs && state.atMs < untilMs + SLACK_MS);
    assert.equal(service.isRunning(), false);
    assert.ok(rang >= 1);
    await guard.close(true);
  });

  inWorld("lets a service run for as long as it is renewed", async (world) => {
    const guard = await world.open();
    const service = await world.startService();
    for (let i = 0; i < 8; i++) {
      await guard.arm("db", world.clock.nowMs() + 200, service.target);
      await sleep(world.clock, 50);
    }
    assert.equal(service.isRunning(), true);
    await guard.disarm("db");
    assert.deepEqual(guard.state("db"), { state: "idle" });
    await sleep(world.clock, 250);
    assert.equal(service.isRunning(), true);
    await guard.close(true);
  });

  inWorld("never moves the end backwards", async (world) => {
    const guard = await world.open();
    const service = await world.startService();
    const untilMs = world.clock.nowMs() + 400;
    await guard.arm("db", untilMs, service.target);
    await guard.arm("db", untilMs - 350, service.target);
    assert.deepEqual(guard.state("db"), { state: "armed", untilMs });
    await sleep(world.clock, 150);
    assert.equal(service.isRunning(), true);
    await guard.disarm("db");
    await guard.close(true);
  });

  inWorld("refuses a late renewal until it is disarmed", async (world) => {
    const guard = await world.open();
    const service = await world.startService();
    await guard.arm("db", world.clock.nowMs() + 30, service.target);
    await until(world, () => guard.state("db").state === "fired");
    await assert.rejects(guard.arm("db", world.clock.nowMs() + 1000, service.target), Failure);
    assert.equal(guard.state("db").state, "fired");
    await guard.disarm("db");
    assert.deepEqual(guard.state("db"), { state: "idle" });
    await guard.arm("db", world.clock.nowMs() + 1000, service.target);
    await guard.disarm("db");
    await guard.close(true);
  });

  inWorld("closes the door when even the first call comes too late", async (world) => {
    const guard = await world.open();
    const service = await world.startService();
    await assert.rejects(guard.arm("db", world.clock.nowMs() - 1, service.target), Failure);
    await until(world, () => !service.isRunning());
    await until(world, () => guard.state("db").state === "fired");
    await guard.close(true);
  });

  inWorld("goes on when its agent goes, and tells the next one", async (world) => {
    const first = await world.open();
    const service = await world.startService();
    const untilMs = world.clock.nowMs() + 1500;
    await first.arm("db", untilMs, service.target);
    await first.close(false);
    const second = await world.open();
    assert.deepEqual(second.state("db"), { state: "armed", untilMs });
    await second.arm("db", untilMs + 300, service.target);
    await sleep(world.clock, untilMs + 50 - world.clock.nowMs());
    assert.equal(service.isRunning(), true);
    await second.close(true);
    const third = await world.open();
    assert.notEqual(third.state("db").state, "idle", "a guard that guards does not end");
    await until(world, () => third.state("db").state === "fired");
    assert.equal(service.isRunning(), false);
    await third.close(true);
  });

  inWorld("watches each group by itself", async (world) => {
    const guard = await world.open();
    const short = await world.startService();
    const long = await world.startService();
    await guard.arm("short", world.clock.nowMs() + 50, short.target);
    await guard.arm("long", world.clock.nowMs() + 5000, long.target);
    await until(world, () => guard.state("short").state === "fired");
    assert.equal(guard.state("long").state, "armed");
    assert.equal(long.isRunning(), true);
    assert.deepEqual(guard.state("other"), { state: "idle" });
    await guard.disarm("long");
    await guard.close(true);
  });
}

async function until(world: GuardWorld, holds: () => boolean): Promise<void> {
  const endAtMs = world.clock.nowMs() + 2000;
  while (!holds()) {
    assert.ok(world.clock.nowMs() < endAtMs, "waited in vain");
    await sleep(world.clock, 5);
  }
}
