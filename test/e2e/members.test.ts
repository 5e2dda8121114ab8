import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { test } from "node:test";
import { processesIn } from "../../src/host/processes.ts";
import type { ClusterStatus } from "../../src/api/agent-port.ts";
import { AgentsByHand } from "./agents-by-hand.ts";
import { RunningGroup } from "./group.ts";

/** An agent that ends to be started again leaves its service running. */
const END_MS = 5000;

const THREE = `
cluster: members
store: { sqlite: ./store.db }
nodes: { a: { directory: ./a }, b: { directory: ./b }, c: { directory: ./c } }
groups:
  main:
    service: { postgres: { parameters: { shared_buffers: 16MB } } }
    members:
      a: { address: 127.0.0.1:1, priority: 100 }
      b: { address: 127.0.0.1:2 }
      c: { address: 127.0.0.1:3 }
# Nothing here is about how soon: an agent may take its time to start again.
takeover: { lease: 8s }
`;

/** The lines of one member, taken out of a configuration. */
function without(text: string, member: string): string {
  return text
    .replace(new RegExp(`^ +${member}: \\{ address.*\\n`, "m"), "")
    .replace(new RegExp(`,? ${member}: \\{ directory: ./${member} \\}`), "");
}

function membersOf(status: ClusterStatus): string {
  const record = status.groups[0]?.record;
  return `${(record?.members ?? []).join()} ${record?.commit.map(({ need, of }) => `${need} of ${of.map((c) => c.member).join()}`).join("; ")}`;
}

test(
  "members come and go by the configuration, one restarted agent after the other",
  { timeout: 150_000 },
  async (t) => {
    const group = await RunningGroup.of(THREE);
    const agents = new AgentsByHand(group);
    t.after(async () => {
      await agents.endAll();
      await group.remove();
    });
    const three = await readFile(group.file, "utf8");
    const change = async (text: string, ...nodes: readonly string[]): Promise<void> => {
      await writeFile(group.file, text);
      for (const node of nodes) {
        await agents.end(node, "SIGTERM", END_MS);
        agents.start(node);
      }
    };

    await writeFile(group.file, without(three, "c"));
    agents.start("a", "b");
    await group.until((status) => membersOf(status) === "a,b 1 of b");
    const [postmaster] = await processesIn(group.group.members["a"]?.data ?? "");

    await t.test("a new one is cloned, streams, and counts", async () => {
      await change(three, "a", "b");
      agents.start("c");
      await group.until((status) => membersOf(status) === "a,b,c 1 of b,c");
    });

    await t.test(
      "one that goes leaves the commit rule, then the group; its service goes on until somebody ends it",
      async () => {
        await change(without(three, "b"), "a", "c");
        await group.until((status) => membersOf(status) === "a,c 1 of c");
        assert.equal((await group.status())?.groups[0]?.record?.term, 1);
      },
    );

    await t.test("all the while the same server was primary", async () => {
      assert.equal((await processesIn(group.group.members["a"]?.data ?? ""))[0], postmaster);
    });
  },
);
