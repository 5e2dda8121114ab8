import assert from "node:assert/strict";
import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { cloneData } from "../../src/services/postgres/clone.ts";
import { createData } from "../../src/services/postgres/create.ts";
import { readControlData } from "../../src/services/postgres/control-data.ts";
import { readIdentity } from "../../src/services/postgres/identity.ts";
import { inspect } from "../../src/services/postgres/inspect.ts";
import { rewindData } from "../../src/services/postgres/rewind.ts";
import { applicationPassfile } from "../../src/services/postgres/secrets.ts";
import { NOBODY } from "../../src/services/postgres/settings.ts";
import { query, World } from "./world.ts";

test("a member's data: created, cloned, diverged, rewound", { timeout: 60_000 }, async (t) => {
  await using world = await World.open("a", "b");
  const told: string[] = [];
  const progress = (text: string): number => told.push(text);

  await t.test("createData() makes a standby that receives from nobody", async () => {
    await createData(world.of("a"), progress);
    await world.start("a");
    const [row] = await world.sql(
      "a",
      "SELECT pg_is_in_recovery() AS standby, current_setting('synchronous_standby_names') AS names, current_setting('primary_conninfo') AS conninfo, current_setting('data_checksums') AS sums",
    );
    assert.deepEqual(row, { standby: true, names: NOBODY, conninfo: "", sums: "on" });
    const { state, identity } = await inspect(world.of("a"), null);
    assert.equal(state, "present");
    assert.deepEqual(identity?.forks, []);
    assert.deepEqual(await readdir(join(world.directory, "a")), ["data", "own"]);
  });

  await t.test("the application's user may write, the administrator comes in by the socket alone", async () => {
    await world.beginTerm("a", 1);
    const { address, secrets } = world.of("a");
    const login = { ...address, user: "app", password: secrets.application, database: "app" };
    await query({
      ...login,
      text: "SET synchronous_commit = local; CREATE TABLE kept (id int); INSERT INTO kept SELECT generate_series(1, 1000)",
    });
    const admin = { ...address, user: "understudy", password: secrets.admin, database: "postgres", text: "SELECT 1" };
    await assert.rejects(query(admin), /pg_hba.conf rejects connection/);
    await assert.rejects(query({ ...login, password: "wrong", text: "SELECT 1" }), /password authentication failed/);
    assert.equal((await stat(applicationPassfile(world.of("a").memberDirectory))).mode & 0o777, 0o600);
  });

  await t.test("cloneData() makes another incarnation of the same data", async () => {
    const forks = await world.forks("a");
    await cloneData(world.of("b"), world.source("a"), forks, progress);
    const [a, b] = [await readIdentity(world.of("a").data), await readIdentity(world.of("b").data)];
    assert.equal(a?.dataId, b?.dataId);
    assert.notEqual(a?.incarnation, b?.incarnation);
    assert.deepEqual(b?.forks, forks);
    await world.start("b");
    const text = "SELECT pg_is_in_recovery() AS standby, (SELECT count(*)::int FROM pg_stat_wal_receiver) AS receivers";
    assert.deepEqual(await world.sql("b", text), [{ standby: true, receivers: 0 }]);
    assert.deepEqual(await world.sql("b", "SELECT count(*)::int AS n FROM kept", "app"), [{ n: 1000 }]);
    await world.follow("b", "a");
    await world.sql("a", "INSERT INTO kept VALUES (1001)", "app");
    await world.caughtUp("b", "a");
    assert.ok(told.includes("clone 100 %"), told.join("\n"));
  });

  await t.test("rewindData() takes a killed primary back, and saves what only it had", async () => {
    await world.stop("b");
    await world.sql("a", "INSERT INTO kept SELECT generate_series(2001, 2500)", "app");
    await world.sql("a", "INSERT INTO kept VALUES (2501)", "app");
    await world.stop("a", "SIGKILL");
    await world.start("b");
    await world.beginTerm("b", 2);
    await world.sql("b", "INSERT INTO kept VALUES (3001)", "app");
    const before = await readIdentity(world.of("a").data);
    const aside = await rewindData(world.of("a"), world.source("b"), await world.forks("b"), progress);
    await checkRewound("a", "b", before?.incarnation);
    assert.equal(aside?.transactions, 2);
    assert.ok(aside.bytes > 30_000, `${aside.bytes} bytes`);
    const list = await readFile(join(aside.directory, "transactions.txt"), "utf8");
    assert.match(list, /transaction \d+ committed at 0\/\w+: 50\d records, \d+ bytes, tables \d+\/\d+/);
    assert.equal((await readdir(join(aside.directory, "wal"))).length, 1);
  });

  await t.test("rewindData() takes back a primary that ended before its first checkpoint", async () => {
    await world.sql("b", "INSERT INTO kept SELECT generate_series(10000, 99999)", "app");
    await world.caughtUp("a", "b");
    await world.stop("b");
    await world.beginTerm("a", 3);
    await world.startAsStandby("b");
    await world.follow("b", "a");
    await world.caughtUp("b", "a");
    await world.setForks("b", await world.forks("a"));
    await world.stop("b");
    await world.sql("a", "INSERT INTO kept VALUES (4001)", "app");
    await world.stop("a", "SIGKILL");
    await world.startAsStandby("a");
    await world.stop("a");
    const control = await readControlData(world.of("a"));
    assert.ok(control.checkpointTimeline < control.timeline);
    await world.start("b");
    await world.beginTerm("b", 4);
    const before = await readIdentity(world.of("a").data);
    const aside = await rewindData(world.of("a"), world.source("b"), await world.forks("b"), progress);
    assert.equal(aside?.transactions, 1);
    await checkRewound("a", "b", before?.incarnation);
  });

  await t.test("rewindData() is not deceived by two timelines with the same number; a clone helps", async () => {
    await world.stop("b");
    await world.beginTerm("a", 5);
    await world.sql("a", "INSERT INTO kept VALUES (5001)", "app");
    await world.stop("a", "SIGKILL");
    await world.startAsStandby("b");
    await world.beginTerm("b", 6);
    await world.sql("b", "INSERT INTO kept VALUES (6001)", "app");
    const rewound = rewindData(world.of("a"), world.source("b"), await world.forks("b"), progress);
    await assert.rejects(rewound, /pg_rewind sees the histories part nowhere/);
    const { state, problem } = await inspect(world.of("a"), null);
    assert.equal(state, "partial");
    assert.match(problem ?? "", /A rewind from "b", begun .* What only this copy had is in ".*term-5"/);
    await cloneData(world.of("a"), world.source("b"), await world.forks("b"), progress);
    await checkRewound("a", "b", undefined);
    assert.deepEqual(await readdir(join(world.directory, "a")), ["data", "own"]);
  });

  /** It starts alone, has nothing that the primary lacks, and follows. */
  async function checkRewound(member: string, primary: string, before: string | undefined): Promise<void> {
    const { state, identity } = await inspect(world.of(member), null);
    assert.equal(state, "present");
    assert.notEqual(identity?.incarnation, before);
    assert.deepEqual(identity?.forks, await world.forks(primary));
    await world.start(member);
    const text =
      "SELECT current_setting('synchronous_standby_names') AS names, current_setting('primary_conninfo') AS conninfo";
    assert.deepEqual(await world.sql(member, text), [{ names: NOBODY, conninfo: "" }]);
    await world.follow(member, primary);
    await world.caughtUp(member, primary);
    const all = "SELECT array_agg(id ORDER BY id) AS ids FROM kept";
    assert.deepEqual(await world.sql(member, all, "app"), await world.sql(primary, all, "app"));
  }
});
