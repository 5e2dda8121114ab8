import { openSqliteStore } from "../../../src/store/sqlite.ts";

/** Opens a store, changes it, and prints how that went; as the user given, because nothing is forbidden to root. */
const [file = "", uid = ""] = process.argv.slice(2);
if (uid !== "") process.setuid?.(Number(uid));
try {
  const store = await openSqliteStore(file);
  await store.transact({ expect: [], write: [{ key: "a", value: "1" }] });
  console.log("changed");
  await store.close();
} catch (error) {
  console.log(String(error));
}
