import { asPostgres } from "../../src/config/as-postgres.ts";
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { agentAt } from "../../src/api/client.ts";
import { sendSignal } from "../../src/host/processes.ts";
import { Connection } from "../../src/quickstart/client/connection.ts";
import { withPassword } from "../../src/quickstart/client/password-file.ts";
import { RunningGroup } from "./group.ts";

const EXAMPLE = new URL("../../examples/zones.yaml", import.meta.url);
/** It turns to its standby only a while after it had to turn to the primary. */
const TURNS_MS = 60_000;
const DELAY_MS = 3000;

test(
  "zones.yaml: writes wait for the other zone; one follows a standby, one comes late",
  { timeout: 240_000 },
  async (t) => {
    const text = await readFile(EXAMPLE, "utf8");
    const group = await RunningGroup.of(text.replace("delay: 1h", `delay: ${DELAY_MS / 1000}s`));
    t.after(() => group.remove());
    group.up();
    const { groups } = await group.until(
      ({ groups: [main] }) => main?.record?.open === true && rule(main.record) === "b",
    );
    assert.equal(groups[0]?.record?.primary, "a");

    const writer = await group.connect();
    await writer.query("CREATE TABLE e2e (id int)");
    await says(group, "c", /streams from "b"/);
    await seen(group, "d", 0);
    await writer.query("INSERT INTO e2e VALUES (1)");
    assert.equal(await count(group, "d"), 0, "it comes late");
    await seen(group, "c", 1);
    await seen(group, "d", 1);

    const pid = Number(await readFile(join(group.of("b"), "agent.pid"), "utf8"));
    sendSignal(pid, "SIGSTOP");
    t.after(() => sendSignal(pid, "SIGCONT"));
    sendSignal(await group.postmasterOf("b"), "SIGKILL");
    await says(group, "c", /streams from "a"/);
    writer.close();
    sendSignal(pid, "SIGCONT");
    await group.until(({ groups: [main] }) => main?.record?.open === true && rule(main.record) === "b");
    assert.equal(await group.down(), 0);
  },
);

function rule({
  commit,
}: {
  readonly commit: readonly { readonly of: readonly { readonly member: string }[] }[];
}): string {
  return commit.map(({ of }) => of.map(({ member }) => member).join()).join(" and ");
}

/** Waits for a node's own word. */
async function says(group: RunningGroup, node: string, what: RegExp): Promise<void> {
  const agent = agentAt(node, join(group.of(node), "agent.sock"));
  const endAtMs = performance.now() + TURNS_MS;
  for (;;) {
    const because = (await agent.status().catch(() => null))?.groups[0]?.decision.because ?? "";
    if (what.test(because)) return;
    assert.ok(performance.now() < endAtMs, `"${node}" says: ${because}`);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

/** Waits until a client of that member sees so many rows. */
async function seen(group: RunningGroup, member: string, rows: number): Promise<void> {
  const endAtMs = performance.now() + 20_000;
  while ((await count(group, member).catch(() => -1)) !== rows) {
    assert.ok(performance.now() < endAtMs, `"${member}" does not show ${rows} rows`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

async function count(group: RunningGroup, member: string): Promise<number> {
  const { database, user } = asPostgres(group.group.service);
  const address = group.group.members[member]?.address ?? { host: "", port: 0 };
  const file = join(group.of("a"), group.group.group, "application.pgpass");
  const reader = await Connection.open(await withPassword({ ...address, database, user }, file), "reader");
  const { rows } = await reader.query("SELECT count(*)::int AS n FROM e2e");
  reader.close();
  return (rows[0] as { readonly n: number }).n;
}
