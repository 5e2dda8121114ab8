import { bootstrap } from "./bootstrap.mjs";
import { ensurePrograms, HOST_PROGRAMS } from "./programs.mjs";
import { becomeNode } from "./run-node.mjs";

const runtime = await bootstrap();
await ensurePrograms(["postgres"], runtime);
if (process.argv[2] === "hosts") await ensurePrograms(["etcd", ...HOST_PROGRAMS], runtime);
becomeNode(runtime, "bench/main.ts", process.argv.slice(2));
