// Runs on Node 24, once in a checkout: loads what agents, proxies and commands load, so that the compile cache has it.
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const directory = mkdtempSync(join(tmpdir(), "understudy-warm-"));
try {
  const cli = join(root, "src/cli/main.ts");
  execFileSync(process.execPath, [...process.execArgv, cli, "check", "-c", join(root, "examples/quickstart.yaml")], {
    stdio: "ignore",
  });
  for (const part of ["src/main.ts", "src/routes/run-route.ts", "src/cli/commands.ts", "src/cli/supervisor.ts"])
    await import(join(root, part));
  // It runs as a thread only, and says so; what is kept is its compiled form.
  await import(join(root, "src/heartbeats/udp-worker.ts")).catch(() => undefined);
  const { openStore } = await import(join(root, "src/store/open-store.ts"));
  const store = await openStore({ kind: "sqlite", file: join(directory, "store.db") });
  await store.identity();
  await store.close();
} finally {
  rmSync(directory, { recursive: true, force: true });
}
