import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { RunningGroup } from "./group.ts";

const text = (store: string, a: string, b: string, routes: string): string => `
cluster: one
store: { sqlite: ${store} }
nodes: { ${a}: { directory: ./${a} }, ${b}: { directory: ./${b} } }
groups:
  main:
    service: { postgres: { parameters: { shared_buffers: 16MB } } }
    lossless: preferred
    members: { ${a}: { address: 127.0.0.1:1 }, ${b}: { address: 127.0.0.1:2 } }
    routes: [${routes}]
`;

test(
  "two clusters in one place: the second is told so, and does nothing; the first goes on",
  { timeout: 120_000 },
  async (t) => {
    const first = await RunningGroup.of(text("./store.db", "a", "b", "{ proxy: { readWrite: 127.0.0.1:3 } }"));
    t.after(() => first.remove());
    first.up();
    const before = (await first.healthy()).groups[0]?.record;
    const second = await RunningGroup.of(text(join(first.directory, "store.db"), "x", "y", ""));
    t.after(() => second.remove());
    second.up();
    const { store } = await second.until((status) => status.store.problem !== null);
    assert.match(store.problem ?? "", /members are a, b, and the configuration names none of them: another cluster/);
    const client = await first.connect();
    await client.query("CREATE TABLE e2e (id int)");
    client.close();
    const after = (await first.healthy()).groups[0]?.record;
    assert.deepEqual([after?.primary, after?.term, after?.members], [before?.primary, before?.term, ["a", "b"]]);
    assert.equal(await second.down(), 0);
    assert.equal(await first.down(), 0);
  },
);
