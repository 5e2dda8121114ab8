import { bootstrap } from "./bootstrap.mjs";
import { becomeNode } from "./run-node.mjs";

becomeNode(await bootstrap(), "src/sim/mutants/main.ts", process.argv.slice(2));
