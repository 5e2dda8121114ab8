import assert from "node:assert/strict";
import { chown, copyFile, mkdir, readdir, readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { test, type TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import { loadConfig } from "../../src/config/load.ts";
import { writingAddress } from "../../src/config/route-addresses.ts";
import { sendSignal } from "../../src/host/processes.ts";
import { accountFor } from "../../src/services/postgres/account.ts";
import { findPrograms } from "../../src/services/postgres/programs.ts";
import { openDirectory, RunningGroup } from "./group.ts";

const EXAMPLES = fileURLToPath(new URL("../../examples/", import.meta.url));

async function running(
  t: TestContext,
  example: string,
  before?: (group: RunningGroup) => Promise<void>,
): Promise<RunningGroup> {
  const group = await RunningGroup.of(await readFile(`${EXAMPLES}${example}`, "utf8"));
  t.after(() => group.remove());
  await before?.(group);
  group.up();
  await group.healthy();
  return group;
}

/** A write before and after the primary's server is killed, and that both are there. */
async function survivesKill(group: RunningGroup): Promise<void> {
  const first = await group.connect();
  await first.query("CREATE TABLE e2e (id int)");
  await first.query("INSERT INTO e2e VALUES (1)");
  const before = await group.status();
  const primary = before?.groups[0]?.record?.primary ?? "";
  sendSignal(await group.postmasterOf(primary), "SIGKILL");
  await first.whenLost;
  await group.until(
    (status) =>
      (status.groups[0]?.record?.term ?? 0) > (before?.groups[0]?.record?.term ?? 0) &&
      status.groups[0]?.state === "healthy",
  );
  const second = await group.connect();
  await second.query("INSERT INTO e2e VALUES (2)");
  const { rows } = await second.query("SELECT array_agg(id ORDER BY id) AS ids FROM e2e");
  assert.deepEqual(rows, [{ ids: [1, 2] }]);
  second.close();
}

/** A cluster as a distribution's installation makes it, stopped, where the example expects it. */
async function existingCluster(group: RunningGroup): Promise<void> {
  const { data } = Object.values(group.group.members)[0] ?? { data: "" };
  await openDirectory(dirname(data));
  await mkdir(data, { mode: 0o700 });
  const programs = await findPrograms(null);
  const account = await accountFor(null, dirname(data)).catch(() => accountFor("postgres", data));
  await chown(data, account.uid, account.gid);
  await programs.run("initdb", ["-D", data, "-U", "owner", "--auth=reject", "--no-sync"], {
    as: account,
    timeoutMs: 60_000,
    cwd: "/",
  });
}

test("every example is run or read here, or run in etcd.test.ts, heartbeats.test.ts, observers.test.ts or joining.test.ts", async () => {
  const files = (await readdir(EXAMPLES)).filter((name) => name.endsWith(".yaml"));
  assert.deepEqual(files.toSorted(), [
    "adopt.yaml",
    "asynchronous.yaml",
    "checks.yaml",
    "etcd.yaml",
    "haproxy.yaml",
    "heartbeats.yaml",
    "hosts.yaml",
    "kernel-route.yaml",
    "preferred.yaml",
    "quickstart.yaml",
    "sites.yaml",
    "systemd.yaml",
    "web.yaml",
    "zones.yaml",
  ]);
});

test("sites.yaml is right; what it describes runs in test/web/sites.test.ts", async () => {
  const { groups } = await loadConfig(`${EXAMPLES}sites.yaml`);
  assert.deepEqual(
    Object.values(groups).map(({ service }) => service.kind),
    ["external", "external"],
  );
});

test("systemd.yaml is right; what it describes runs in test/systemd", async () => {
  const { service } = (await loadConfig(`${EXAMPLES}systemd.yaml`)).groups["shop"] ?? {};
  assert.equal(service?.kind === "systemd" && service.unit, "shop.service");
});

test("checks.yaml is right; each kind of check is tried in test/checks", async () => {
  const { groups } = await loadConfig(`${EXAMPLES}checks.yaml`);
  assert.deepEqual(
    groups["web"]?.checks.map((check) => check.kind),
    ["http", "tcp", "file", "composed"],
  );
});

test("haproxy.yaml and kernel-route.yaml are right; what they describe runs in test/routes and test/hosts", async () => {
  for (const [example, kind] of [
    ["haproxy.yaml", "haproxy"],
    ["kernel-route.yaml", "kernel"],
  ] as const) {
    const { groups } = await loadConfig(`${EXAMPLES}${example}`);
    assert.deepEqual(
      groups["main"]?.routes.map((route) => route.kind),
      [kind],
    );
  }
});

test(
  "quickstart.yaml: a kill loses nothing; commands answer; Ctrl-C and the next start keep the data",
  { timeout: 150_000 },
  async (t) => {
    const group = await running(t, "quickstart.yaml");
    await survivesKill(group);
    const why = await group.command("why");
    assert.equal(why.code, 0);
    assert.match(why.stdout, /taken/);
    const primary = (await group.status())?.groups[0]?.record?.primary;
    const wrong = await group.command("switchover", "--to", "nobody");
    assert.equal(wrong.code, 64, wrong.stderr);
    assert.match(wrong.stderr, /nobody/);
    const target = ["a", "b", "c"].find((member) => member !== primary) ?? "";
    const switched = await group.command("switchover", "--to", target);
    assert.equal(switched.code, 0, switched.stderr);
    assert.equal((await group.healthy()).groups[0]?.record?.primary, target);
    assert.equal(await group.down(), 0);
    group.up();
    await group.healthy();
    const client = await group.connect();
    const { rows } = await client.query("SELECT count(*)::int AS n FROM e2e");
    assert.deepEqual(rows, [{ n: 2 }]);
    client.close();
  },
);

test(
  "preferred.yaml: without its standby it goes on alone, recorded, and comes back",
  { timeout: 120_000 },
  async (t) => {
    const group = await running(t, "preferred.yaml");
    const record = (await group.status())?.groups[0]?.record;
    const standby = record?.primary === "a" ? "b" : "a";
    const client = await group.connect();
    await client.query("CREATE TABLE e2e (id int)");
    sendSignal(await group.postmasterOf(standby), "SIGKILL");
    await client.query("INSERT INTO e2e VALUES (1)", undefined, 5000);
    client.close();
    const events = await group.command("events", "--json");
    await group.healthy();
    assert.match(events.stdout, /alone|rule-changed/);
  },
);

test(
  "asynchronous.yaml: a takeover within maxLoss, never by the member with priority 0",
  { timeout: 120_000 },
  async (t) => {
    const group = await running(t, "asynchronous.yaml");
    await survivesKill(group);
    assert.notEqual((await group.status())?.groups[0]?.record?.primary, "c");
    const barred = await group.command("switchover", "--to", "c");
    assert.equal(barred.code, 107, barred.stderr);
  },
);

test(
  "web.yaml: a server that is killed, or handed over, answers from the other member",
  { timeout: 120_000 },
  async (t) => {
    const group = await running(t, "web.yaml", (place) =>
      copyFile(`${EXAMPLES}web-server.mjs`, join(place.directory, "web-server.mjs")),
    );
    const where = writingAddress(group.group.routes);
    const answer = async (): Promise<string> =>
      (await fetch(`http://${where?.host}:${where?.port}/`, { headers: { connection: "close" } })).text();
    const first = /^([ab]), term 1, process (\d+)/.exec(await answer());
    assert.equal(first?.[1], "a");
    sendSignal(Number(first?.[2]), "SIGKILL");
    await group.until((status) => (status.groups[0]?.record?.term ?? 0) > 1 && status.groups[0]?.state === "healthy");
    assert.match(await answer(), /^b, term 2/);
    await group.switchOver();
    assert.match(await answer(), /^a, term 3/);
  },
);

test("adopt.yaml: an existing cluster becomes the first copy of a group", { timeout: 120_000 }, async (t) => {
  const group = await running(t, "adopt.yaml", existingCluster);
  await survivesKill(group);
});
