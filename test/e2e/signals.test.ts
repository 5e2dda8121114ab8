import assert from "node:assert/strict";
import { readdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { endProcessesIn, processesIn, sendSignal } from "../../src/host/processes.ts";
import { AgentsByHand, commandOf } from "./agents-by-hand.ts";
import { RunningGroup } from "./group.ts";

/** An agent that is asked to end gives up what takes long; what is short it finishes. */
const END_MS = 5000;

const THREE = `
cluster: signals
store: { sqlite: ./store.db }
nodes: { a: { directory: ./a }, b: { directory: ./b }, c: { directory: ./c } }
groups:
  main:
    service: { postgres: { parameters: { shared_buffers: 16MB } } }
    members:
      a: { address: 127.0.0.1:1, priority: 100 }
      b: { address: 127.0.0.1:2 }
      c: { address: 127.0.0.1:3 }
    routes: [{ proxy: { readWrite: 127.0.0.1:4 } }]
`;

test("an agent that is told to end in the middle of a step", { timeout: 150_000 }, async (t) => {
  const group = await RunningGroup.of(THREE);
  const agents = new AgentsByHand(group);
  t.after(async () => {
    await agents.endAll();
    await group.remove();
  });
  const dataOf = (node: string): string => group.group.members[node]?.data ?? "";
  const primary = async (): Promise<string> => (await group.status())?.groups[0]?.record?.primary ?? "";

  /** Its agent ends soon and well, and no program goes on behind its back. */
  const endsWell = async (node: string, signal: NodeJS.Signals): Promise<void> => {
    const { code, tookMs } = await agents.end(node, signal, END_MS);
    assert.equal(code, 0, agents.said);
    assert.deepEqual(await agents.programsOf(node), [], `after ${tookMs} ms`);
  };

  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    await t.test(`${signal} while the database is created leaves nothing of it`, async () => {
      agents.start("a");
      await agents.hold("a", "initdb");
      await endsWell("a", signal);
      assert.ok(!(await readdir(dirname(dataOf("a")))).some((name) => name.startsWith("data")));
    });
  }
  agents.start("a");
  await group.until((status) => status.groups[0]?.record?.primary === "a");

  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    await t.test(`${signal} while a copy is made leaves nothing of it`, async () => {
      agents.start("b");
      await agents.hold("b", "pg_basebackup");
      await endsWell("b", signal);
      const left = await readdir(dirname(dataOf("b")));
      assert.ok(!left.some((name) => name.startsWith("data") || name === "work.json"), left.join());
    });
  }
  agents.start("b", "c");
  agents.startProxy();
  await group.healthy();
  const client = await group.connect();
  await client.query("CREATE TABLE kept (what text)");
  await client.query("INSERT INTO kept VALUES ('acknowledged')");

  await t.test("SIGTERM while a switchover drains: it is done or given up, and the group serves", async () => {
    await client.query("BEGIN");
    await client.query("INSERT INTO kept VALUES ('open')");
    const asked = group.command("switchover", "--to", "b", "--timeout", "10s");
    await group.until((status) => status.groups[0]?.record?.switchover?.phase === "draining");
    await endsWell("a", "SIGTERM");
    agents.start("a");
    await asked;
    await group.healthy();
  });
  client.close();

  await t.test("SIGTERM while it promotes, and another while its former primary is rewound", async () => {
    const former = await primary();
    const others = ["a", "b", "c"].filter((node) => node !== former);
    const lonely = await group.connect();
    const senders = (await processesIn(dataOf(former))).filter((pid) => commandOf(pid).includes("walsender"));
    assert.equal(senders.length, 2);
    for (const pid of senders) sendSignal(pid, "SIGSTOP");
    const alone = lonely.query("INSERT INTO kept VALUES ('only here')", undefined, 300);
    await assert.rejects(alone);
    await Promise.all([
      endProcessesIn(dataOf(former), null, END_MS),
      agents.promoting(others).then(async (taker) => {
        await endsWell(taker, "SIGTERM");
        agents.start(taker);
      }),
      agents.hold(former, "pg_rewind", 60_000).then(async () => {
        await endsWell(former, "SIGTERM");
        agents.start(former);
      }),
    ]);
    lonely.close();
    await group.healthy();
    assert.notEqual(await primary(), former);
  });

  const last = await group.connect();
  const { rows } = await last.query("SELECT what FROM kept WHERE what <> 'open'");
  assert.deepEqual(rows, [{ what: "acknowledged" }]);
  last.close();
  for (const node of ["a", "b", "c"]) {
    const left = (await readdir(join(group.of(node), "main"))).filter((name) => /^(data\.|work\.json)/.test(name));
    assert.deepEqual(left, [], `nothing half done is left of "${node}"`);
  }
});
