import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import type { ClusterStatus } from "../../src/api/agent-port.ts";
import { CountingLoad } from "./counting-load.ts";
import { RunningGroup } from "./group.ts";
import { SmallDisk, whyNoSmallDisk } from "./small-disk.ts";

const MAIN = fileURLToPath(new URL("../../src/cli/main.ts", import.meta.url));
const FULL =
  /The disk of ".*" is full, or soon will be: .* left\. Make room; what waits for it then goes on by itself\./;
const MB = 1024 ** 2;

const THREE = `
cluster: disks
store: { sqlite: ./store.db }
nodes: { a: { directory: ./a }, b: { directory: ./b }, c: { directory: ./c } }
groups:
  main:
    service: { postgres: { parameters: { shared_buffers: 16MB, max_wal_size: 16MB, min_wal_size: 8MB } } }
    members:
      a: { address: 127.0.0.1:1, priority: 100 }
      b: { address: 127.0.0.1:2 }
      c: { address: 127.0.0.1:3 }
    routes: [{ proxy: { readWrite: 127.0.0.1:4 } }]
`;

const why = whyNoSmallDisk();
if (why !== null && process.env["CI"] === "true")
  test("a small disk can be made", () => assert.fail(`these tests must run here, but ${why}`));

const problemOf = (status: ClusterStatus, member: string): string =>
  status.groups[0]?.members.find((m) => m.member === member)?.report?.problem ?? "";
const primaryOf = (status: ClusterStatus | null): string => status?.groups[0]?.record?.primary ?? "";
const agentsOf = (group: RunningGroup): Promise<readonly string[]> =>
  Promise.all(["a", "b", "c"].map((node) => readFile(join(group.of(node), "agent.pid"), "utf8")));

/** Waits until `understudy events` shows it. */
async function saysInEvents(group: RunningGroup, what: RegExp): Promise<void> {
  const endAtMs = performance.now() + 40_000;
  for (let events = ""; !what.test(events); events = (await group.command("events")).stdout)
    assert.ok(performance.now() < endAtMs, `the events do not say ${String(what)}:\n${events}`);
}

test("a member whose disk is full, under load", { skip: why ?? false, timeout: 150_000 }, async (t) => {
  const group = await RunningGroup.of(THREE);
  const disks = { a: SmallDisk.at(group.of("a"), "200m"), b: SmallDisk.at(group.of("b"), "200m") };
  t.after(async () => {
    await group.down();
    for (const disk of Object.values(disks)) disk.remove();
    await group.remove();
  });
  group.up();
  await group.healthy();
  const agents = await agentsOf(group);
  const load = await CountingLoad.on(group, 3);
  await load.goesOn(20);

  await t.test("a standby says so and stands aside, the others go on, and it comes back by itself", async () => {
    disks.b.fill();
    const status = await group.until((s) => FULL.test(problemOf(s, "b")));
    assert.equal(primaryOf(status), "a");
    await group.until((s) => s.groups[0]?.state === "degraded");
    await load.goesOn(50);
    disks.b.makeRoom();
    await group.healthy();
  });

  await t.test("a primary that cannot write its log ends, another takes over, and it comes back", async () => {
    disks.a.fill();
    const status = await group.until((s) => !["a", ""].includes(primaryOf(s)) && FULL.test(problemOf(s, "a")));
    assert.equal(status.groups[0]?.record?.term, 2);
    await load.goesOn(50);
    await saysInEvents(group, / a {2}problem .* failed: .*(Make|make) room/);
    disks.a.makeRoom();
    await group.healthy();
  });

  await t.test(
    "a copy that its disk cannot hold leaves the old one whole, and is made once there is room",
    async () => {
      const { data } = group.group.members["a"] ?? { data: "" };
      const before = await readFile(join(data, "understudy.json"), "utf8");
      disks.a.fill(20 * MB);
      const asked = await group.command("reinit", "a");
      assert.ok(asked.code === 0 || asked.code === 124, asked.stderr);
      for (let events = ""; !/clone failed: .*is full\. The data in place was not touched; make room/.test(events);)
        events = (await group.command("events")).stdout;
      assert.equal(await readFile(join(data, "understudy.json"), "utf8"), before);
      assert.ok(!(await readdir(dirname(data))).includes("work.json"));
      disks.a.makeRoom();
      await group.healthy();
      assert.notEqual(await readFile(join(data, "understudy.json"), "utf8"), before);
    },
  );

  for (const node of ["a", "b"]) {
    const lines = (await readFile(join(group.of(node), "main/journal.jsonl"), "utf8")).split("\n");
    const joined = lines.filter((line) => line.lastIndexOf('{"at":') > 0);
    assert.deepEqual(joined, [], `no line of the journal of "${node}" was added to one that was cut off`);
  }
  assert.deepEqual(await load.end(), []);
  assert.deepEqual(await agentsOf(group), agents, "no agent ended because it could not write");
});

test("an agent whose log is on a full disk goes on, and ends well", { timeout: 30_000 }, async (t) => {
  const group = await RunningGroup.of(THREE);
  const full = openSync("/dev/full", "w");
  const agent = spawn(process.execPath, [MAIN, "agent", "--node", "a", "-c", group.file], {
    stdio: ["ignore", full, full],
  });
  const ended = once(agent, "exit");
  t.after(async () => {
    agent.kill("SIGKILL");
    closeSync(full);
    await group.remove();
  });
  await group.until((status) => primaryOf(status) === "a", 20_000);
  agent.kill("SIGINT");
  assert.deepEqual(await ended, [0, null]);
});
