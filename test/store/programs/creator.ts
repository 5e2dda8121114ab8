import { openSqliteStore } from "../../../src/store/sqlite.ts";

/** Tries to be the one who creates `new/0`, `new/1`, …; prints the numbers that it won. */
const [file = "", count = "0"] = process.argv.slice(2);
const store = await openSqliteStore(file);
console.log("open");
for (let i = 0; i < Number(count); i++) {
  const key = `new/${i}`;
  const { applied } = await store.transact({
    expect: [{ key, revision: 0 }],
    write: [{ key, value: `${process.pid}` }],
  });
  if (applied) console.log(`${i}`);
}
await store.close();
