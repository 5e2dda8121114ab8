import { UnknownOutcome } from "../../../src/lib/failure.ts";
import { openSqliteStore } from "../../../src/store/sqlite.ts";

/**
 * Writes 1, 2, 3 … to two keys at once (with padding, and a pause before each), and prints each number once the store has said that it is applied;
 * `failed` and `unknown` with the message for what it rejects.
 */
const [file = "", name = "", count = "1000000", padding = "0", pauseMs = "0"] = process.argv.slice(2);
const store = await openSqliteStore(file);
console.log("open");
for (let i = 1; i <= Number(count); i++) {
  if (pauseMs !== "0") await new Promise((resolve) => setTimeout(resolve, Number(pauseMs)));
  const write = ["a", "b"].map((half) => ({ key: `${name}/${half}`, value: `${i} ${"x".repeat(Number(padding))}` }));
  try {
    await store.transact({ expect: [], write });
    console.log(`${i}`);
  } catch (error) {
    console.log(`${error instanceof UnknownOutcome ? "unknown" : "failed"} ${i} ${String(error)}`);
  }
}
await store.close();
