import { bootstrap } from "./bootstrap.mjs";
import { ensurePrograms, HOST_PROGRAMS, PATRONI_PROGRAMS, WEB_PROGRAMS } from "./programs.mjs";
import { becomeNode } from "./run-node.mjs";

const runtime = await bootstrap();
const [what] = process.argv.slice(2);
const isWeb = what === "web" || what === "path";
if (what !== "checks") await ensurePrograms(isWeb ? WEB_PROGRAMS : ["postgres"], runtime);
if (what === "hosts" || what === "patroni") await ensurePrograms(["etcd", ...HOST_PROGRAMS], runtime);
if (what === "patroni") await ensurePrograms(PATRONI_PROGRAMS, runtime);
becomeNode(runtime, "bench/main.ts", process.argv.slice(2));
