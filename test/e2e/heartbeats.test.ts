import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import type { ClusterStatus } from "../../src/api/agent-port.ts";
import type { GroupEvent } from "../../src/core/event.ts";
import { guardProcesses } from "../../src/guards/process/start-guard.ts";
import { processesIn, sendSignal } from "../../src/host/processes.ts";
import { RunningGroup } from "./group.ts";

const EXAMPLE = fileURLToPath(new URL("../../examples/heartbeats.yaml", import.meta.url));

/** Without heartbeats it takes the standbys 1.3 s to become suspicious. */
const SOON_MS = 1200;

/** Agent, guard and servers: all that a frozen host would stop. The connections stand, and nobody answers. */
async function programsOf(group: RunningGroup, member: string): Promise<readonly number[]> {
  const agent = Number(await readFile(join(group.of(member), "agent.pid"), "utf8"));
  const guards = await guardProcesses(group.of(member));
  return [agent, ...guards, ...(await processesIn(group.group.members[member]?.data ?? ""))];
}

async function stories(group: RunningGroup, term: number): Promise<readonly GroupEvent[]> {
  const { stdout } = await group.command("events", "--json");
  return (JSON.parse(stdout) as readonly GroupEvent[]).filter((event) => event.term === term);
}

const heardByAll = ({ groups }: ClusterStatus): boolean =>
  groups[0]?.members.every(({ heartbeat }) => heartbeat === null || heartbeat.state === "heard") ?? false;

test(
  "heartbeats.yaml: a primary that is stopped with all that belongs to it is replaced by the silence of its heartbeats",
  { timeout: 180_000 },
  async (t) => {
    const group = await RunningGroup.of(await readFile(EXAMPLE, "utf8"));
    t.after(() => group.remove());
    group.up();
    await group.healthy();
    const before = await group.until(heardByAll);
    const { primary = null, term = 0 } = before.groups[0]?.record ?? {};
    assert.ok(primary !== null);
    assert.equal(before.heartbeats?.problem, null);
    const client = await group.connect();
    await client.query("CREATE TABLE e2e (id int)");
    await client.query("INSERT INTO e2e VALUES (1)");

    const stopped = await programsOf(group, primary);
    const stoppedAtMs = Date.now();
    for (const pid of stopped) sendSignal(pid, "SIGSTOP");
    try {
      await group.until(({ groups: [now] }) => now?.record?.term === term + 1 && now.record.open, 20_000);
    } finally {
      for (const pid of await programsOf(group, primary)) sendSignal(pid, "SIGCONT");
    }
    await group.healthy();
    const suspected = (await stories(group, term)).find(({ kind }) => kind === "suspected");
    assert.match(suspected?.because ?? "", /has sent no heartbeat in time/);
    const tookMs = (suspected?.atMs ?? Infinity) - stoppedAtMs;
    t.diagnostic(`suspected after ${Math.round(tookMs)} ms`);
    assert.ok(tookMs < SOON_MS, `suspected after ${tookMs} ms`);
    const again = await group.connect();
    assert.deepEqual((await again.query("SELECT id FROM e2e")).rows, [{ id: 1 }]);
    again.close();

    await t.test("an agent that is stopped alone is no reason: its service answers", async () => {
      const { record } = (await group.until(heardByAll)).groups[0] ?? {};
      const agent = Number(await readFile(join(group.of(record?.primary ?? ""), "agent.pid"), "utf8"));
      // Longer than heartbeats may be silent, and never longer than what is left of a lease before its renewal.
      sendSignal(agent, "SIGSTOP");
      await new Promise((resolve) => setTimeout(resolve, 800));
      sendSignal(agent, "SIGCONT");
      const after = await group.healthy();
      assert.equal(after.groups[0]?.record?.term, record?.term);
    });
  },
);
