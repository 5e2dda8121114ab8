import assert from "node:assert/strict";
import { test } from "node:test";
import { withNode, withoutNode } from "./edit-nodes.ts";
import { checkText } from "./load.ts";

const TEXT = `# The shop.
cluster: shop
store: { etcd: { endpoints: [ "10.0.0.1:2379" ] } } # the first of three
credentials: ./credentials
nodes:
  a: { directory: /srv/u, heartbeat: 10.0.0.1:7401, peer: 10.0.0.1:7400 }
  b: { directory: /srv/u, heartbeat: 10.0.0.2:7401, peer: 10.0.0.2:7400 }
groups:
  main:
    service: { postgres: { database: app } }
    # Both of them.
    members:
      a: { address: 10.0.0.1:5432, priority: 100 }
      b: { address: 10.0.0.2:5432 }
`;

test("withNode() adds a node that is like another one, and keeps the rest with its comments", () => {
  const text = withNode(TEXT, { node: "c", like: "a", host: "10.0.0.3", zone: "east" });
  const { config, problems } = checkText("/etc/u.yaml", text);
  assert.deepEqual(problems, []);
  const { c } = config?.nodes ?? {};
  assert.deepEqual(c, {
    node: "c",
    directory: "/srv/u",
    api: null,
    heartbeat: { host: "10.0.0.3", port: 7401 },
    peer: { host: "10.0.0.3", port: 7400 },
    zone: "east",
  });
  assert.deepEqual(config?.groups["main"]?.members["c"]?.address, { host: "10.0.0.3", port: 5432 });
  assert.equal(config?.groups["main"]?.members["c"]?.priority, 50);
  const added = text.split("\n").filter((line) => !TEXT.split("\n").includes(line));
  assert.equal(added.length, 2, added.join("\n"));
});

test("withNode() writes IPv6 addresses in brackets", () => {
  const text = withNode(TEXT, { node: "c", like: "a", host: "fd00::3", zone: null });
  assert.match(text, /address: "?\[fd00::3\]:5432/);
});

test("withoutNode() takes a node out, wherever it counts", () => {
  const joined = withNode(TEXT, { node: "c", like: "a", host: "10.0.0.3", zone: null });
  assert.equal(withoutNode(joined, "c"), TEXT);
  const counting = joined.replace("    # Both of them.", "    of: [ a, b, c ]");
  const { config } = checkText("/etc/u.yaml", withoutNode(counting, "c"));
  assert.deepEqual(config?.groups["main"]?.durability, { lossless: "strict", need: 1, of: ["a", "b"] });
});
