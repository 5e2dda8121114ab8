import { asPostgres } from "../../src/config/as-postgres.ts";
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import type { Address } from "../../src/config/config.ts";
import { missingForKernelGuard } from "../../src/guards/kernel/availability.ts";
import { sendSignal } from "../../src/host/processes.ts";
import { Connection } from "../../src/quickstart/client/connection.ts";
import { withPassword } from "../../src/quickstart/client/password-file.ts";
import { noHaproxy, RunningHaproxy } from "../routes/running-haproxy.ts";
import { enterOwnNetwork } from "../support/own-network.ts";
import { RunningGroup } from "./group.ts";

const noKernel = enterOwnNetwork() || (await missingForKernelGuard()) || false;
const quickstart = await readFile(new URL("../../examples/quickstart.yaml", import.meta.url), "utf8");
const PROXY = "- proxy: { readWrite: 127.0.0.1:5440, readOnly: 127.0.0.1:5439, hold: 30s }";
/** As the agents' tests do it: a switchover and all processes of PostgreSQL take their time on a busy machine. */
const timeout = 150_000;

/** The quickstart's group with another route. */
function groupWith(route: string): Promise<RunningGroup> {
  assert.ok(quickstart.includes(PROXY));
  return RunningGroup.of(quickstart.replace(PROXY, route));
}

async function connect(group: RunningGroup, at: Address): Promise<Connection> {
  const { database, user } = asPostgres(group.group.service);
  const target = await withPassword({ ...at, database, user }, join(group.of("a"), "main", "application.pgpass"));
  return Connection.open(target, "e2e");
}

/** A kill and a switchover: each ends the connections to the former primary, and the next ones find everything that was written. */
async function survives(group: RunningGroup, at: Address): Promise<void> {
  const first = await connect(group, at);
  await first.query("CREATE TABLE e2e (id int)");
  await first.query("INSERT INTO e2e VALUES (1)");
  const primary = (await group.status())?.groups[0]?.record?.primary ?? "";
  sendSignal(await group.postmasterOf(primary), "SIGKILL");
  await first.whenLost;
  await group.until(
    ({ groups: [state] }) => state?.state === "healthy" && (state.record?.primary ?? primary) !== primary,
  );
  const second = await connect(group, at);
  await second.query("INSERT INTO e2e VALUES (2)");
  await group.switchOver("--to", primary);
  await second.whenLost;
  await group.healthy();
  const third = await connect(group, at);
  const { rows } = await third.query(
    "SELECT array_agg(id ORDER BY id) AS ids, pg_is_in_recovery() AS standby FROM e2e",
  );
  assert.deepEqual(rows, [{ ids: [1, 2], standby: false }]);
  third.close();
}

test(
  "the kernel leads clients of PostgreSQL through a kill and a switchover",
  { timeout, skip: noKernel },
  async (t) => {
    const group = await groupWith("- kernel: { listen: 127.0.0.1:5440 }");
    t.after(() => group.remove());
    group.up();
    await group.healthy();
    const [route] = group.group.routes;
    assert.equal(route?.kind, "kernel");
    await survives(group, route.listen);
  },
);

test("HAProxy leads clients of PostgreSQL through a kill and a switchover", { timeout, skip: noHaproxy }, async (t) => {
  const group = await groupWith("- haproxy: { socket: ./haproxy.sock, backend: db, hold: hold }");
  t.after(() => group.remove());
  const members = Object.values(group.group.members).map(({ member, address }) => [member, address] as const);
  const socket = join(group.directory, "haproxy.sock");
  const haproxy = await RunningHaproxy.forMembers(Object.fromEntries(members), "hold", socket);
  t.after(() => haproxy.end());
  await haproxy.start();
  group.up();
  await group.healthy();
  await survives(group, haproxy.at);
});
