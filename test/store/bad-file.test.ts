import assert from "node:assert/strict";
import { chmod, chown, mkdir, readFile, rename, stat, writeFile } from "node:fs/promises";
import { DatabaseSync } from "node:sqlite";
import { test } from "node:test";
import { Failure } from "../../src/lib/failure.ts";
import { setting, Workspace } from "./workspace.ts";

test("a new store is readable by nobody else", async () => {
  await using work = await Workspace.make();
  const file = `${work.directory}/some/where/store.db`;
  const store = await work.open({}, file);
  await store.transact(setting({ a: "1" }));
  for (const suffix of ["", "-wal", "-shm"]) assert.equal((await stat(file + suffix)).mode & 0o777, 0o600, suffix);
  assert.equal((await stat(`${work.directory}/some`)).mode & 0o777, 0o700);
});

test("a file of something else is left as it is", async () => {
  await using work = await Workspace.make();
  const text = "No database, but something that was worth keeping.\n".repeat(100);
  await writeFile(work.file, text);
  await refuses(work, /is not an SQLite database.*left as it is/);
  assert.equal(await readFile(work.file, "utf8"), text);
});

test("a database of something else is left as it is", async () => {
  await using work = await Workspace.make();
  const other = new DatabaseSync(work.file);
  other.exec("CREATE TABLE invoice (id INTEGER); INSERT INTO invoice VALUES (1)");
  other.close();
  const before = await readFile(work.file);
  await refuses(work, /SQLite database of something else/);
  assert.deepEqual(await readFile(work.file), before);
});

test("a store of a later version is left to that", async () => {
  await using work = await Workspace.make();
  await makeStore(work);
  const later = new DatabaseSync(work.file);
  later.exec("PRAGMA user_version = 9");
  later.close();
  await refuses(work, /has format 9.*Run the version that made it/);
});

test("a damaged store is not opened, and left as it is", async () => {
  await using work = await Workspace.make();
  await makeStore(work);
  const bytes = await readFile(work.file);
  const damaged = Buffer.from(bytes);
  damaged.fill(0x55, 4096 * 3, 4096 * 6);
  await writeFile(work.file, damaged);
  await refuses(work, /damaged.*restore it from a backup/s);
  assert.deepEqual(await readFile(work.file), damaged);
  await writeFile(work.file, bytes.subarray(0, 5000));
  await refuses(work, /damaged/);
});

test("a directory in place of the file, or a file in place of the directory, is said", async () => {
  await using work = await Workspace.make();
  await mkdir(work.file);
  await refuses(work, /cannot be opened by user/);
  await writeFile(`${work.directory}/file`, "");
  await assert.rejects(work.open({}, `${work.directory}/file/store.db`), /Cannot make the store.*directory must exist/);
});

test("a store that cannot be written, or not even read, says for whom", async () => {
  await using work = await Workspace.make();
  await makeStore(work);
  const root = process.getuid?.() === 0;
  const uid = root ? 65534 : process.getuid?.();
  const asUser = async (): Promise<string> => {
    const opener = work.run("opener.ts", [work.file, root ? `${uid}` : ""]);
    assert.equal(await opener.done(), 0);
    return opener.lines.join("\n");
  };
  if (root) await chown(work.directory, 65534, 65534);
  if (root) await chown(work.file, 65534, 65534);
  assert.equal(await asUser(), "changed");
  await chmod(work.file, 0o400);
  assert.match(await asUser(), new RegExp(`Failure: .*store\\.db.* cannot be written by user ${uid}`));
  await chmod(work.file, 0o000);
  assert.match(await asUser(), new RegExp(`Failure: .*store\\.db.* cannot be opened by user ${uid}`));
});

test("a store that is removed or replaced while open is used no more until it is back", async () => {
  await using work = await Workspace.make();
  const store = await work.open();
  await store.transact(setting({ a: "1" }));
  await rename(work.file, `${work.file}.aside`);
  await assert.rejects(store.read(["a"]), /was removed while it was open/);
  await assert.rejects(store.transact(setting({ a: "2" })), (e: Error) => e instanceof Failure);
  await writeFile(work.file, "");
  await assert.rejects(store.read(["a"]), /was replaced while it was open/);
  await rename(`${work.file}.aside`, work.file);
  assert.equal((await store.read(["a"]))[0]?.value, "1");
});

async function makeStore(work: Workspace): Promise<void> {
  const store = await work.open();
  for (let i = 0; i < 30; i++) await store.transact(setting({ [`k/${i}`]: "x".repeat(1000) }));
  await store.close();
}

async function refuses(work: Workspace, message: RegExp): Promise<void> {
  await assert.rejects(work.open(), (error: Error) => {
    assert.ok(error instanceof Failure, String(error));
    assert.match(error.message, message);
    assert.ok(error.message.includes(work.file));
    return true;
  });
}
