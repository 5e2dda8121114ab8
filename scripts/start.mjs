import { bootstrap } from "./bootstrap.mjs";
import { ensurePrograms } from "./programs.mjs";
import { becomeNode } from "./run-node.mjs";

const runtime = await bootstrap();
if (!process.argv.includes("web")) await ensurePrograms(["postgres"], runtime);
becomeNode(runtime, "src/quickstart/main.ts", process.argv.slice(2));
