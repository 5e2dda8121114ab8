import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { chown, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { endProcessesIn } from "../../src/host/processes.ts";
import { identityOptions } from "../../src/host/account.ts";
import { adoptData } from "../../src/services/postgres/adopt.ts";
import { cloneData } from "../../src/services/postgres/clone.ts";
import type { DataContext } from "../../src/services/postgres/context.ts";
import { inspect } from "../../src/services/postgres/inspect.ts";
import { NOBODY } from "../../src/services/postgres/settings.ts";
import { query, until, World } from "./world.ts";

test("adoptData() makes an existing cluster the first copy of a group", { timeout: 60_000 }, async (t) => {
  await using world = await World.open("a", "b");
  const context = world.of("a");
  const told: string[] = [];
  const adopt = (): Promise<void> => adoptData(context, (text) => told.push(text));
  await plainCluster(context);

  await t.test("not while its server runs", async () => {
    const end = await startPlain(context);
    await assert.rejects(adopt(), /while its server runs \(process \d+\)\. Stop it.*systemctl disable --now/);
    const login = { host: dirname(context.data), port: 5432, user: "owner", password: "", database: "postgres" };
    await query({ ...login, text: "CREATE ROLE app LOGIN PASSWORD 'their own'" });
    await query({ ...login, text: "CREATE TABLE theirs AS SELECT 1 AS id" });
    await query({ ...login, text: "ALTER SYSTEM SET work_mem = '5MB'" });
    await end();
  });

  await t.test("not with tablespaces, nor as a standby, nor without its configuration", async () => {
    const elsewhere = await mkdtemp(join(world.directory, "space-"));
    const link = join(context.data, "pg_tblspc", "16400");
    await symlink(elsewhere, link);
    await assert.rejects(adopt(), /has 1 tablespace/);
    await rm(link);
    await writeFile(join(context.data, "standby.signal"), "");
    await assert.rejects(adopt(), /is a standby or an unfinished restore \("standby.signal"\)/);
    await rm(join(context.data, "standby.signal"));
    const file = join(context.data, "postgresql.conf");
    const text = await readFile(file);
    await rm(file);
    await assert.rejects(adopt(), /there is no postgresql.conf in it\. Copy its configuration there/);
    await writeFile(file, text);
    await chown(file, context.account.uid, context.account.gid);
  });

  await t.test("a crashed one is recovered; its users, data and settings stay", async () => {
    await adopt();
    const { state, identity } = await inspect(context, null);
    assert.equal(state, "present");
    assert.deepEqual(identity?.forks, []);
    await world.start("a");
    const [row] = await world.sql(
      "a",
      `SELECT pg_is_in_recovery() AS standby, current_setting('synchronous_standby_names') AS names,
        current_setting('work_mem') AS memory, (SELECT id FROM theirs) AS id`,
    );
    assert.deepEqual(row, { standby: true, names: NOBODY, memory: "5MB", id: 1 });
    await world.beginTerm("a", 1);
    const login = { ...context.address, database: "app", text: "SELECT current_user::text AS me" };
    assert.deepEqual(await query({ ...login, user: "app", password: "their own" }), [{ me: "app" }]);
    assert.ok(told.includes('the user "app" was there already and keeps its password'), told.join("\n"));
  });

  await t.test("nobody replicates without a password any more; other lines stay, and are told", async () => {
    const text = await readFile(join(context.data, "pg_hba.conf"), "utf8");
    assert.match(text, /^# understudy begin/);
    assert.match(text, /^# disabled by Understudy.*: host +replication.*trust$/m);
    assert.doesNotMatch(text, /^\w+ +replication.*trust$/m);
    assert.ok(
      told.some((line) => /^pg_hba.conf lets in without a password: host +all +all +127/.test(line)),
      told.join("\n"),
    );
    assert.doesNotMatch(await readFile(join(context.data, "pg_hba.conf.before-understudy"), "utf8"), /understudy/);
  });

  await t.test("it can be cloned; what nobody has adopted is not replaced", async () => {
    await plainCluster(world.of("b"));
    const clone = (): Promise<void> => cloneData(world.of("b"), world.source("a"), [], () => undefined);
    await assert.rejects(clone(), /is not a copy of this group's/);
    await rm(world.of("b").data, { recursive: true });
    await clone();
    await world.start("b");
    await world.follow("b", "a");
    await world.caughtUp("b", "a");
    assert.deepEqual(await world.sql("b", "SELECT id FROM theirs"), [{ id: 1 }]);
  });

  await t.test("adopting twice is refused", () => assert.rejects(adopt(), /has been adopted already/));
});

/** As somebody makes one who has never heard of us. */
async function plainCluster({ programs, account, data }: DataContext): Promise<void> {
  await mkdir(dirname(data), { recursive: true });
  await chown(dirname(data), account.uid, account.gid);
  await programs.run("initdb", ["-D", data, "-U", "owner", "-A", "trust", "-N"], { as: account, timeoutMs: 30_000 });
}

/** Starts it on a socket beside its data; what is returned ends it without a farewell. */
async function startPlain({ programs, account, data }: DataContext): Promise<() => Promise<void>> {
  const socket = dirname(data);
  const args = ["-D", data, "-k", socket, "-c", "listen_addresses="];
  const child = spawn(join(programs.directory, "postgres"), args, {
    ...identityOptions(account),
    stdio: "ignore",
    cwd: data,
  });
  const login = { host: socket, port: 5432, user: "owner", password: "", database: "postgres", text: "SELECT 1" };
  await until("the server answers", () =>
    query(login).then(
      () => true,
      () => false,
    ),
  );
  return () => endProcessesIn(data, child.pid ?? null, 5000);
}
