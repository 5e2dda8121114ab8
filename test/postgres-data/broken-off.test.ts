import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { processesIn } from "../../src/host/processes.ts";
import { cloneData } from "../../src/services/postgres/clone.ts";
import { createData } from "../../src/services/postgres/create.ts";
import { readIdentity } from "../../src/services/postgres/identity.ts";
import { inspect } from "../../src/services/postgres/inspect.ts";
import { scratchDirectory } from "../../src/services/postgres/member-directory.ts";
import { rewindData } from "../../src/services/postgres/rewind.ts";
import { writeWork } from "../../src/services/postgres/work-journal.ts";
import { until, World } from "./world.ts";

const quiet = (): void => undefined;

test("work on a member's data that is broken off", { timeout: 60_000 }, async (t) => {
  await using world = await World.open("a", "b");
  const copying = (): Promise<boolean> => processesIn(scratch("b")).then((pids) => pids.length > 0);
  const scratch = (member: string): string => scratchDirectory(world.of(member).memberDirectory);

  await t.test("createData() leaves nothing behind when it is told to stop, and can be repeated", async () => {
    const told = new AbortController();
    const created = createData(world.of("a", told.signal), (text) => text.includes("users") && told.abort());
    await assert.rejects(created, /told to stop/);
    assert.equal((await inspect(world.of("a"), null)).state, "empty");
    assert.deepEqual(await readdir(dirname(world.of("a").data)), ["own"]);
    await mkdir(`${world.of("a").data}.new/base`, { recursive: true });
    await createData(world.of("a"), quiet);
    await world.start("a");
    await world.beginTerm("a", 1);
    await world.sql("a", "CREATE TABLE kept AS SELECT generate_series(1, 400000) AS id", "app");
  });

  await t.test("cloneData() says what happened when its program is killed, and leaves nothing", async () => {
    const cloned = cloneData(world.of("b"), world.source("a"), [], quiet);
    cloned.catch(() => undefined);
    await until("the copy is under way", copying);
    const words: string[] = [];
    for (const pid of await processesIn(scratch("b")))
      words.push(execFileSync("ps", ["eww", "-o", "args=", "-p", String(pid)], { encoding: "utf8" }));
    for (const pid of await processesIn(scratch("b"))) process.kill(pid, "SIGKILL");
    await assert.rejects(cloned, /Cannot clone "b" from "a" \(127\.0\.0\.1:\d+\): pg_basebackup was ended by SIGKILL/);
    for (const secret of Object.values(world.of("b").secrets)) assert.ok(!words.join("\n").includes(secret));
    assert.match(words.join("\n"), /pg_basebackup/);
    assert.equal((await inspect(world.of("b"), null)).state, "empty");
    assert.deepEqual(await readdir(dirname(world.of("b").data)), ["own"]);
    assert.deepEqual(await readdir(join(world.of("b").memberDirectory, "run")), ["work"]);
  });

  await t.test("cloneData() ends its program and the program's children when it is told to stop", async () => {
    const told = new AbortController();
    const cloned = cloneData(world.of("b", told.signal), world.source("a"), [], quiet);
    cloned.catch(() => undefined);
    await until("the copy is under way", copying);
    told.abort();
    await assert.rejects(cloned, /told to stop/);
    assert.deepEqual(await processesIn(scratch("b")), []);
  });

  await t.test("what an agent that was killed left behind is partial; a clone makes it good", async () => {
    const { memberDirectory, data } = world.of("b");
    const begun = { format: 1, doing: "clone", since: "2025-01-01T00:00:00Z", from: "a", aside: null } as const;
    await writeWork(memberDirectory, { ...begun, isDataWhole: true });
    await mkdir(`${data}.new/base`, { recursive: true });
    assert.equal((await inspect(world.of("b"), null)).state, "partial");
    await cloneData(world.of("b"), world.source("a"), [], quiet);
    assert.equal((await inspect(world.of("b"), null)).state, "present");
    await writeWork(memberDirectory, { ...begun, isDataWhole: true });
    assert.equal((await inspect(world.of("b"), null)).state, "present", "the copy beside it has not touched it");
    await writeWork(memberDirectory, { ...begun, isDataWhole: false });
    assert.equal((await inspect(world.of("b"), null)).state, "partial");
    await rm(data, { recursive: true });
    assert.equal((await inspect(world.of("b"), null)).state, "partial");
    await cloneData(world.of("b"), world.source("a"), [], quiet);
    await world.start("b");
    assert.deepEqual(await world.sql("b", "SELECT count(*)::int AS n FROM kept", "app"), [{ n: 400_000 }]);
    await assert.rejects(cloneData(world.of("b"), world.source("a"), [], quiet), /the processes .* still run in it/);
    assert.equal((await inspect(world.of("b"), null)).state, "present");
    await world.stop("b");
  });

  await t.test("without its source neither a clone nor a rewind touches anything", async () => {
    await world.stop("a");
    const before = await readIdentity(world.of("b").data);
    await assert.rejects(cloneData(world.of("b"), world.source("a"), [], quiet), /Connection refused/);
    const forks = [{ term: 1, offset: 1 }];
    await assert.rejects(rewindData(world.of("b"), world.source("a"), forks, quiet), /ECONNREFUSED/);
    assert.deepEqual(await inspect(world.of("b"), null), {
      state: "present",
      problem: null,
      identity: before,
      dataId: before?.dataId,
    });
  });

  await t.test("no password is in a server's log", async () => {
    const logs = (await world.log("a")) + (await world.log("b"));
    assert.match(logs, /database system is ready/);
    for (const secret of [...Object.values(world.of("a").secrets), "SCRAM-SHA-256$"]) assert.ok(!logs.includes(secret));
  });

  await t.test("inspect() never takes something else for the member's data", async () => {
    const place = { ...world.of("b"), data: join(world.directory, "else") };
    const said = async (expected: string | null = null): Promise<string> => {
      const { state, problem } = await inspect(place, expected);
      return `${state}: ${problem}`;
    };
    assert.match(await said(), /^empty/);
    await writeFile(place.data, "text");
    assert.match(await said(), /^foreign: ENOTDIR/);
    await rm(place.data);
    await mkdir(place.data);
    await writeFile(join(place.data, "holiday.jpg"), "");
    assert.match(await said(), /^foreign: .* is not empty and holds no PostgreSQL data, but "holiday.jpg"/);
    await writeFile(join(place.data, "PG_VERSION"), "9.6\n");
    assert.match(await said(), /^foreign: .* is of PostgreSQL 9.6, but the programs/);
    const account = { uid: 4711, gid: 4711, name: "somebody" };
    assert.match(
      (await inspect({ ...world.of("b"), account }, null)).problem ?? "",
      /but the server runs as "somebody"/,
    );
    assert.match((await inspect(world.of("b"), "123")).problem ?? "", /holds another database/);
    await writeFile(join(world.of("b").data, "understudy.json"), "{");
    const { state, problem } = await inspect(world.of("b"), null);
    assert.equal(state, "foreign");
    assert.match(problem ?? "", /understudy.json/);
    assert.match(await readFile(join(world.of("b").data, "PG_VERSION"), "utf8"), /^\d+/);
  });
});
