import { openStore } from "../../src/store/open-store.ts";
import type { Config } from "../../src/config/config.ts";
import { messageOf } from "../../src/lib/failure.ts";
import { runRoute } from "../../src/routes/run-route.ts";

/* The route "main" of "db" in a process of its own: `node route-program.ts CONFIG-AS-JSON`. */
const config = JSON.parse(process.argv[2] ?? "") as Config;
const store = await openStore(config.store);
try {
  await runRoute(config, "db", "main", {
    store,
    log: (text) => process.stderr.write(`${text}\n`),
    ready: () => process.stdout.write("ready\n"),
  });
} catch (error) {
  process.stderr.write(`${messageOf(error)}\n`);
  process.exitCode = 2;
}
await store.close();
