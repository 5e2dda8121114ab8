import { bootstrap } from "./bootstrap.mjs";
import { becomeNode } from "./run-node.mjs";

/** Room for what is thrown away at once: with the little of an agent a seed takes half as long again. */
const FLAGS = ["--max-semi-space-size=16", "--single-threaded-gc"];

const runtime = await bootstrap();
becomeNode({ ...runtime, flags: FLAGS }, "src/sim/main.ts", process.argv.slice(2));
