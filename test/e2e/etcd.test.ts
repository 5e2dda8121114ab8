import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { sendSignal } from "../../src/host/processes.ts";
import { EtcdCluster } from "../support/etcd-cluster.ts";
import { RunningGroup } from "./group.ts";

const EXAMPLE = new URL("../../examples/etcd.yaml", import.meta.url);

test(
  "etcd.yaml: the primary is killed while etcd has lost its leader; nothing is lost",
  { timeout: 120_000 },
  async (t) => {
    const group = await RunningGroup.of(await readFile(EXAMPLE, "utf8"));
    t.after(() => group.remove());
    const { store } = group.config;
    assert.equal(store.kind, "etcd");
    const etcd = await EtcdCluster.start({ clientPorts: store.endpoints.map(({ port }) => port) });
    t.after(() => etcd[Symbol.asyncDispose]());
    group.up();
    const before = (await group.healthy()).groups[0]?.record;
    const first = await group.connect();
    await first.query("CREATE TABLE e2e (id int)");
    await first.query("INSERT INTO e2e VALUES (1)");
    const leader = await etcd.leader();
    await etcd.kill(leader);
    sendSignal(await group.postmasterOf(before?.primary ?? ""), "SIGKILL");
    await first.whenLost;
    await group.until(
      ({ groups: [main] }) => (main?.record?.term ?? 0) > (before?.term ?? 0) && main?.state === "healthy",
    );
    const second = await group.connect();
    await second.query("INSERT INTO e2e VALUES (2)");
    const { rows } = await second.query("SELECT array_agg(id ORDER BY id) AS ids FROM e2e");
    assert.deepEqual(rows, [{ ids: [1, 2] }]);
    second.close();
    assert.equal(await group.down(), 0);
  },
);
