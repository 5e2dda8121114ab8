import { bootstrap } from "./bootstrap.mjs";
import { becomeNode } from "./run-node.mjs";

/** As in `sim.mjs`. */
const FLAGS = ["--max-semi-space-size=16", "--single-threaded-gc"];

const runtime = await bootstrap();
becomeNode({ ...runtime, flags: FLAGS }, "src/sim/mutants/main.ts", process.argv.slice(2));
