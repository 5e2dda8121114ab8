import { timingOf } from "../core/timing.ts";
import type { Settings } from "../core/view.ts";
import { Random } from "./random.ts";
import { CALM, type Weather } from "./network.ts";
import { missing } from "./checks/comes-back.ts";
import { World } from "./world.ts";

/** One millisecond there, one back. */
const LAN = { baseMs: 1, jitterMs: 0.5, loss: 0, strays: 0 } as const;

/** A network that loses one message in a hundred, and is up to 50 ms late. */
const LOSSY = { baseMs: 1, jitterMs: 50, loss: 0.01, strays: 0 } as const;

/** How long every now and then an agent, or its whole host, does nothing. */
const PAUSE_MS = 250;

/** For so long it is seen to that nobody takes over when the store is back. */
const AFTERWARDS_MS = 10_000;

const HOUR_MS = 3_600_000;

/** Clients that write all the time, so that it shows at once when nothing is acknowledged. */
const BUSY_MS = 12;

/** Clients that are there, for those who measure something else. */
const CALM_MS = 500;

function worldOf(seed: string, leaseMs: number, clientPauseMs: number): World {
  const settings: Settings = {
    group: "main",
    hasData: true,
    members: ["a", "b", "c"].map((member) => ({ member, priority: 100 })),
    durability: { lossless: "strict", need: 1, of: ["a", "b", "c"] },
    drainMs: 300,
    timing: timingOf(leaseMs),
  };
  return new World({ seed, settings, heartbeats: true, rates: [1, 1.001, 0.999], clients: 4, clientPauseMs });
}

/** Three members of a strict group, with heartbeats, when all of them are there. */
export async function wholeWorld(
  seed: string,
  leaseMs: number,
  weather: Weather = CALM,
  clientPauseMs: number = BUSY_MS,
): Promise<World> {
  const world = worldOf(seed, leaseMs, clientPauseMs);
  world.network.weather = weather;
  world.latePromotions = 0;
  for (const node of world.nodes) node.boot();
  while (missing(world, 0) !== null && world.timeline.nowMs < 60_000)
    await world.timeline.runUntil(world.timeline.nowMs + 100);
  return world;
}

/** The power of the primary's host goes: for how long no write is acknowledged, in milliseconds, once a run, sorted. */
export async function lossOfHost(runs: number, leaseMs: number): Promise<readonly number[]> {
  const gaps: number[] = [];
  for (let i = 0; i < runs; i++) {
    const world = await wholeWorld(`loss of host ${i}`, leaseMs, LAN);
    const { timeline, random } = world;
    await timeline.runUntil(timeline.nowMs + random.faults.between(0, 2000));
    const atMs = timeline.nowMs;
    world.nodes.find(({ name }) => name === world.record?.primary)?.powerOff();
    while (lastWriteMs(world) <= atMs + 5 && timeline.nowMs < atMs + 30_000)
      await timeline.runUntil(timeline.nowMs + 2);
    gaps.push(lastWriteMs(world) - atMs);
  }
  return gaps.toSorted((a, b) => a - b);
}

/** The store is gone for `forMs`: the longest time in which no write was acknowledged, from then until some seconds after it is back, and the terms that were begun. */
export async function outageOfStore(
  seed: string,
  leaseMs: number,
  forMs: number,
): Promise<{ readonly gapMs: number; readonly terms: number }> {
  const world = await wholeWorld(`outage ${seed}`, leaseMs, LAN);
  const { timeline, store } = world;
  const before = world.record?.term ?? 0;
  const endMs = timeline.nowMs + forMs + AFTERWARDS_MS;
  store.isDown = true;
  timeline.after(forMs, () => (store.isDown = false));
  let [gapMs, writtenMs] = [0, timeline.nowMs];
  while (timeline.nowMs < endMs) {
    // The clients of a world are odd: they read, cancel, and wait for that. This one only writes.
    const server = world.servers.find(({ role }) => role === "primary");
    server?.write(world.newEntry(server.disk.promoting ?? 0), () => (writtenMs = timeline.nowMs));
    await timeline.runUntil(timeline.nowMs + 5);
    gapMs = Math.max(gapMs, timeline.nowMs - writtenMs);
  }
  const [violation] = world.violations;
  if (violation !== undefined) throw new Error(`"${violation.what}" is violated: ${violation.because}`);
  return { gapMs, terms: (world.record?.term ?? 0) - before };
}

function lastWriteMs({ clients }: World): number {
  return Math.max(...clients.map((client) => client.lastWriteMs));
}

/** The hour `hour` of a lossy network and short pauses: how often somebody took over, though nobody had failed. Throws when it violates anything. */
export async function falseTakeovers(hour: number, leaseMs: number): Promise<number> {
  const world = await wholeWorld(`lossy hour ${hour}`, leaseMs, CALM, CALM_MS);
  world.network.weather = LOSSY;
  const before = world.record?.term ?? 0;
  pauseNowAndThen(world, new Random(`pauses ${hour}`));
  await world.timeline.runUntil(world.timeline.nowMs + HOUR_MS);
  const [violation] = world.violations;
  if (violation !== undefined) throw new Error(`Hour ${hour} violates "${violation.what}": ${violation.because}`);
  return (world.record?.term ?? 0) - before;
}

/** Every ten seconds or so an agent or a host does nothing for a moment. */
function pauseNowAndThen(world: World, random: Random): void {
  world.timeline.after(random.between(2000, 18_000), () => {
    const node = random.pick(world.nodes);
    const paused = random.chance(0.5) ? [node.agent] : node.processes;
    for (const process of paused) process?.pause();
    world.timeline.after(PAUSE_MS, () => paused.forEach((process) => process?.resume()));
    pauseNowAndThen(world, random);
  });
}
