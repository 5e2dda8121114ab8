import assert from "node:assert/strict";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { connect } from "node:net";
import { test } from "node:test";
import { EtcdCluster } from "../support/etcd-cluster.ts";
import { writingAddress } from "../../src/config/route-addresses.ts";
import { RunningGroup } from "./group.ts";

const EXAMPLE = new URL("../../examples/etcd.yaml", import.meta.url);
const SAYS = /The agent of "[abc]" waits: the store has not answered since .*Nothing listens there: is etcd running/;

test(
  "etcd comes after everything else: agents say what they wait for, clients are held, and all goes on by itself",
  { timeout: 150_000 },
  async (t) => {
    const group = await RunningGroup.of(await readFile(EXAMPLE, "utf8"));
    t.after(() => group.remove());
    group.up();
    await says(group, SAYS);
    const early = connect(writingAddress(group.group.routes) ?? { host: "", port: 0 });
    t.after(() => early.destroy());
    await once(early, "connect");

    const { store } = group.config;
    assert.equal(store.kind, "etcd");
    const etcd = await EtcdCluster.start({ clientPorts: store.endpoints.map(({ port }) => port) });
    t.after(() => etcd[Symbol.asyncDispose]());
    await group.healthy();
    assert.equal(early.readyState, "open", "it was held, not refused");
    const client = await group.connect();
    await client.query("CREATE TABLE e2e (id int)");
    client.close();
    assert.equal(await group.down(), 0);
  },
);

/** Asks for the status until it cannot be told for this reason. */
async function says(group: RunningGroup, reason: RegExp): Promise<void> {
  const endAtMs = performance.now() + 30_000;
  for (;;) {
    const { code, stderr } = await group.command("status");
    if (reason.test(stderr)) return assert.equal(code, 69);
    assert.ok(performance.now() < endAtMs, stderr);
  }
}
