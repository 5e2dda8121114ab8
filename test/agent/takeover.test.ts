import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { decide } from "../../src/core/decide.ts";
import { withSwitchover, type GroupRecord } from "../../src/core/record.ts";
import { timingOf } from "../../src/core/timing.ts";
import type { View } from "../../src/core/view.ts";
import { PretendCluster } from "../support/pretend-cluster.ts";
import { SETTINGS } from "../support/views.ts";

const complete = (record: GroupRecord): boolean =>
  record.open && record.commit.length === 1 && record.commit[0]?.of.length === 2;

async function running(t: TestContext, lossless: "strict" | "preferred" = "strict"): Promise<PretendCluster> {
  const settings = { ...SETTINGS, timing: timingOf(1000), durability: { lossless, need: 1, of: ["a", "b", "c"] } };
  const cluster = new PretendCluster(settings);
  t.after(() => cluster.end());
  await cluster.start();
  await cluster.until(complete);
  return cluster;
}

test("a group founds itself, opens, and counts on all of its standbys", async (t) => {
  const cluster = await running(t);
  assert.equal(cluster.record.primary, "a");
  assert.equal(cluster.record.term, 1);
  assert.equal(cluster.group.write("a", "x"), true);
});

test("a primary that ends is replaced, with everything that was acknowledged, and comes back as standby", async (t) => {
  const cluster = await running(t);
  assert.equal(cluster.group.write("a", "acknowledged"), true);
  cluster.group.kill("a");
  const record = await cluster.until((r) => r.term === 2 && r.open);
  assert.ok(cluster.group.of(record.primary ?? "").log.includes("acknowledged"));
  await cluster.until((r) => complete(r) && cluster.group.of("a").state === "standby");
});

test("a member whose agent and service are gone is replaced without it", async (t) => {
  const cluster = await running(t);
  await cluster.agents.get("a")?.crash();
  cluster.group.kill("a");
  await cluster.until((r) => r.term === 2 && r.open, 2000);
  await cluster.boot("a");
  await cluster.until(complete);
});

test("an agent that comes back within the lease adopts its primary: no takeover", async (t) => {
  const cluster = await running(t);
  await cluster.agents.get("a")?.crash();
  await cluster.boot("a");
  await cluster.until((r) => r.session?.startsWith("a-session-4") === true);
  await new Promise((resolve) => setTimeout(resolve, 1500));
  assert.equal(cluster.record.term, 1);
  assert.equal(cluster.group.of("a").state, "primary");
});

test("an agent that does not come back: its guard ends the primary, and a standby takes over", async (t) => {
  const cluster = await running(t);
  await cluster.agents.get("a")?.crash();
  await cluster.until((r) => r.term === 2 && r.open, 3000);
  assert.equal(cluster.group.of("a").state, "stopped");
});

test("a switchover goes to the member that was asked for, without a rewind", async (t) => {
  const cluster = await running(t);
  const before = cluster.group.of("a").incarnation;
  const next = withSwitchover(
    cluster.record,
    { to: "c", phase: "requested", by: "test", because: "", id: "1" },
    "test",
  );
  const [entry] = cluster.data.read(["group/main"]);
  cluster.data.transact({
    expect: [{ key: "group/main", revision: entry?.revision ?? 0 }],
    write: [{ key: "group/main", value: JSON.stringify(next) }],
  });
  await cluster.until((r) => r.term === 2 && complete(r));
  assert.equal(cluster.record.primary, "c");
  assert.equal(cluster.group.of("a").incarnation, before);
});

test("without standbys: strict waits, and a primary that restarts alone takes again", async (t) => {
  const cluster = await running(t);
  for (const member of ["b", "c"]) {
    await cluster.agents.get(member)?.crash();
    cluster.group.kill(member);
  }
  assert.equal(cluster.group.write("a", "waits"), false);
  cluster.group.kill("a");
  await cluster.until((r) => r.term === 2 && r.primary === "a");
  assert.equal(cluster.record.open, false);
  await cluster.boot("b");
  await cluster.until((r) => r.open);
  await cluster.boot("c");
  await cluster.until(complete);
});

test("without standbys: preferred goes on alone, recorded, and comes back", async (t) => {
  const cluster = await running(t, "preferred");
  for (const member of ["b", "c"]) {
    await cluster.agents.get(member)?.crash();
    cluster.group.kill(member);
  }
  await cluster.until((r) => r.open && r.commit.length === 1 && r.commit[0]?.need === 0);
  assert.equal(cluster.group.write("a", "alone"), true);
  await cluster.boot("b");
  await cluster.boot("c");
  await cluster.until(complete);
});

test("the journal gives the same decisions again", async (t) => {
  const cluster = await running(t);
  cluster.group.kill("a");
  await cluster.until((r) => r.term === 2 && r.open);
  const lines = cluster.journaled("b");
  assert.ok(lines.length > 3);
  for (const line of lines) assert.equal(decide(line.view).rule, line.rule);
});

test("a new life of an agent is bound by what an earlier one may have promised, also without heartbeats", async (t) => {
  const cluster = await running(t);
  await cluster.agents.get("b")?.crash();
  const before = cluster.journaled("b").length;
  await cluster.boot("b");
  await cluster.until(complete);
  const { promise, nowMs } = await firstViewAfter(cluster, "b", before);
  assert.ok(promise !== null && promise.term === null && promise.untilMs > nowMs);
});

async function firstViewAfter(cluster: PretendCluster, member: string, lines: number): Promise<View> {
  for (let tries = 0; tries < 100; tries += 1) {
    const line = cluster.journaled(member)[lines];
    if (line !== undefined) return line.view;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`the agent of "${member}" decides nothing`);
}
