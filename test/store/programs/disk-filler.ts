import assert from "node:assert/strict";
import { rm, writeFile } from "node:fs/promises";
import { Failure } from "../../../src/lib/failure.ts";
import { openSqliteStore } from "../../../src/store/sqlite.ts";

/** Fills a small file system with a store, makes room again, and asserts what became of the store. */
const disk = process.argv[2] ?? "";
const file = `${disk}/store.db`;
const store = await openSqliteStore(file);
await writeFile(`${disk}/ballast`, Buffer.alloc(1_000_000));

const applied: number[] = [];
const failures: Error[] = [];
for (let i = 1; i <= 300 && failures.length < 5; i++) {
  const values = { a: `${i}`, [`k/${i}`]: "x".repeat(8000) };
  const write = Object.entries(values).map(([key, value]) => ({ key, value }));
  await store.transact({ expect: [], write }).then(
    () => applied.push(i),
    (error: Error) => failures.push(error),
  );
}
assert.equal(failures.length, 5);
for (const failure of failures) {
  assert.ok(failure instanceof Failure, String(failure));
  assert.match(failure.message, /disk is full\. Make room/);
}
assert.equal((await store.read(["a"]))[0]?.value, `${applied.at(-1)}`);

await rm(`${disk}/ballast`);
assert.ok((await store.transact({ expect: [], write: [{ key: "a", value: "after" }] })).applied);
await store.close();
const again = await openSqliteStore(file);
assert.equal((await again.read(["a"]))[0]?.value, "after");
assert.deepEqual(
  (await again.list("k/")).map(({ key }) => key),
  applied.map((i) => `k/${i}`).toSorted(),
);
await again.close();
console.log("all is well");
