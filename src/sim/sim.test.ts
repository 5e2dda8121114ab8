import assert from "node:assert/strict";
import { test } from "node:test";
import { planOf } from "./plan.ts";
import { Random } from "./random.ts";
import { run } from "./run.ts";
import { lossOfHost, outageOfStore, wholeWorld } from "./scenarios.ts";
import { Timeline } from "./timeline.ts";

test("Random gives the same for the same seed, and each part a stream of its own", () => {
  const draw = (random: Random): readonly number[] => Array.from({ length: 5 }, () => random.below(1000));
  assert.deepEqual(draw(new Random("1")), draw(new Random("1")));
  assert.notDeepEqual(draw(new Random("1")), draw(new Random("2")));
  assert.notDeepEqual(draw(new Random("1").of("a")), draw(new Random("1").of("b")));
});

test("Timeline lets promises end before the next thing happens", async () => {
  const timeline = new Timeline();
  const told: string[] = [];
  timeline.after(2, () => told.push("second"));
  timeline.after(1, () => {
    told.push("first");
    void Promise.resolve().then(async () => {
      await Promise.resolve();
      told.push(`its promise at ${timeline.nowMs}`);
    });
  });
  timeline.after(1.5, () => told.push("never"))();
  await timeline.runUntil(10);
  assert.deepEqual(told, ["first", "its promise at 1", "second"]);
  assert.equal(timeline.nowMs, 10);
});

test("a seed is simulated without a violation", async () => {
  const outcome = await run(planOf(5));
  assert.deepEqual(outcome.violations, []);
  assert.ok(outcome.terms >= 1);
});

test("the loss of the primary's host is over within 700 ms at the default profile", async () => {
  const gaps = await lossOfHost(20, 2000);
  assert.ok((gaps.at(-1) ?? Infinity) <= 700, gaps.join());
});

test("a group goes on through an outage of the store, and nobody takes over when it is back", async () => {
  for (const [leaseMs, forMs] of [
    [1000, 60_000],
    [2000, 60_000],
    [5000, 20_000],
    [2000, 3000],
  ] as const) {
    const { gapMs, terms } = await outageOfStore(`${leaseMs} ${forMs}`, leaseMs, forMs);
    assert.ok(gapMs <= 100, `${gapMs} ms without a write, lease ${leaseMs} ms`);
    assert.equal(terms, 0);
  }
});

test("whatever a primary is just doing when the store goes away, it asks for promises in time", async () => {
  for (const phase of [31, 54, 59, 60, 61, 62, 63]) {
    const { gapMs, terms } = await outageOfStore(`phase ${phase}`, 1000, 1500 + phase * 17);
    assert.deepEqual([terms, gapMs <= 100], [0, true], `phase ${phase}: ${gapMs} ms`);
  }
});

test("a primary that hears nobody, and is heard by all, is replaced as soon as one that is cut off", async () => {
  for (let i = 0; i < 10; i++) {
    const world = await wholeWorld(`deaf ${i}`, 1000);
    const { timeline, network, nodes, record } = world;
    const { primary = "", term = 0 } = record ?? {};
    for (const from of [...nodes.map(({ name }) => name), "store"])
      if (from !== primary) network.cut(from, primary ?? "");
    const endMs = timeline.nowMs + 800;
    while (timeline.nowMs < endMs && !(world.record?.open === true && world.record.term > term))
      await timeline.runUntil(timeline.nowMs + 5);
    assert.ok(timeline.nowMs < endMs, `not within 800 ms, ${i}`);
    assert.deepEqual(world.violations, []);
  }
});

test("heartbeats that alone are cut off are no reason to take over", async () => {
  const world = await wholeWorld("cut heartbeats", 2000);
  const { primary, term } = world.record ?? {};
  world.air?.cut(primary ?? "", "out");
  await world.timeline.runUntil(world.timeline.nowMs + 60_000);
  assert.deepEqual([world.record?.primary, world.record?.term], [primary, term]);
  assert.deepEqual(world.violations, []);
});

test("a member that cannot remember what is newer does not repeat a lost change all the time", async () => {
  const world = await wholeWorld("full disk", 2000);
  const primary = world.node(world.record?.primary ?? "");
  primary.isDiskFull = true;
  world.operator.ask({ do: "pause" });
  await world.timeline.runUntil(world.timeline.nowMs + 200);
  const other = world.nodes.find((node) => node !== primary);
  other?.keepDown(true);
  other?.server.kill();
  const before = world.notes.length;
  await world.timeline.runUntil(world.timeline.nowMs + 10_000);
  const repeated = world.notes.slice(before).filter(({ text }) => text.startsWith("change-rule"));
  assert.ok(repeated.length > 0 && repeated.length < 100, `${repeated.length} times`);
  assert.deepEqual(world.violations, []);
});
