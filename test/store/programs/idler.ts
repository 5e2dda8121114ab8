import { openSqliteStore } from "../../../src/store/sqlite.ts";

/** Opens a store, watches it, and has nothing else to do. */
const store = await openSqliteStore(process.argv[2] ?? "");
store.watch("", () => undefined);
await store.read(["a"]);
console.log("idle");
