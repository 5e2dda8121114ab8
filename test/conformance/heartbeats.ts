import assert from "node:assert/strict";
import { test } from "node:test";
import { hearingOf, type Heard } from "../../src/core/heard.ts";
import type { Timing } from "../../src/core/timing.ts";
import type { Heartbeats } from "../../src/heartbeats/heartbeats.ts";

/** What the suite needs of an implementation: three nodes, `a`, `b` and `c`. */
export interface HeartbeatsWorld {
  readonly timing: Timing;
  /** A new life of the agent of `me`. */
  open(me: string): Promise<Heartbeats>;
  dispose(): Promise<void>;
}

/** How long after its time something must be seen, on a busy machine. */
const SLACK_MS = 1500;

/** The promises of `Heartbeats`, tried against one implementation. */
export function heartbeatsConformance(name: string, makeWorld: () => Promise<HeartbeatsWorld>): void {
  const inWorld = (what: string, body: (world: HeartbeatsWorld) => Promise<void>): void => {
    void test(`${name} heartbeats: ${what}`, { timeout: 15_000 }, async () => {
      const world = await makeWorld();
      try {
        await body(world);
      } finally {
        await world.dispose();
      }
    });
  };

  inWorld("all hear all, their sessions, and that they are heard", async (world) => {
    const all = await everybody(world);
    for (const [me, heartbeats] of Object.entries(all))
      for (const other of Object.keys(all).filter((node) => node !== me)) {
        await until(heartbeats, other, (heard) => heard?.session === `session of ${other}` && heard.hearsUs);
        assert.ok(heartbeats.heard[me] === undefined);
      }
    assert.equal(all.a.problem, null);
  });

  inWorld("nothing is sent before there is a session", async (world) => {
    const [a, b] = [await world.open("a"), await world.open("b")];
    a.say("session of a");
    await new Promise((resolve) => setTimeout(resolve, 3 * world.timing.heartbeatMs));
    assert.deepEqual([a.heard, b.heard], [{}, {}]);
  });

  inWorld("an agent that ends falls silent, the others do not, and it rings", async (world) => {
    const { a, b } = await everybody(world);
    await until(b, "a", (heard) => heard !== undefined);
    await until(b, "c", (heard) => heard !== undefined);
    const seen: string[] = [];
    b.onChange(() => seen.push(of(b, "a", world.timing)));
    await a.close();
    await until(b, "a", () => of(b, "a", world.timing) === "silent");
    assert.ok(seen.includes("late") && seen.includes("silent"), seen.join());
    assert.equal(of(b, "c", world.timing), "heard");
  });

  inWorld("a new life and a new session are heard", async (world) => {
    const { a, b } = await everybody(world);
    await until(b, "a", (heard) => heard !== undefined);
    a.say("second");
    await until(b, "a", (heard) => heard?.session === "second");
    await a.close();
    await until(b, "a", () => of(b, "a", world.timing) !== "heard");
    const next = await world.open("a");
    next.say("third");
    await until(b, "a", (heard) => heard?.session === "third");
    await until(next, "b", (heard) => heard?.session === "session of b");
  });

  inWorld("closing twice is harmless", async (world) => {
    const { a } = await everybody(world);
    await a.close();
    await a.close();
  });
}

async function everybody(world: HeartbeatsWorld): Promise<Record<"a" | "b" | "c", Heartbeats>> {
  const [a, b, c] = [await world.open("a"), await world.open("b"), await world.open("c")];
  for (const [me, heartbeats] of Object.entries({ a, b, c })) heartbeats.say(`session of ${me}`);
  return { a, b, c };
}

function of(heartbeats: Heartbeats, node: string, timing: Timing): string {
  const heard = heartbeats.heard[node];
  return heard === undefined ? "never" : hearingOf(heard, timing);
}

async function until(heartbeats: Heartbeats, node: string, what: (heard: Heard | undefined) => boolean): Promise<void> {
  const endAtMs = performance.now() + 3 * SLACK_MS;
  while (!what(heartbeats.heard[node])) {
    if (performance.now() > endAtMs)
      assert.fail(`not in time: ${JSON.stringify(heartbeats.heard)} ${JSON.stringify(heartbeats.dropped)}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
