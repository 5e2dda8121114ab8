import { bootstrap } from "./bootstrap.mjs";
import { ensurePrograms } from "./programs.mjs";
import { becomeNode } from "./run-node.mjs";

const runtime = await bootstrap();
await ensurePrograms(["postgres"], runtime);
becomeNode(runtime, "bench/main.ts", process.argv.slice(2));
