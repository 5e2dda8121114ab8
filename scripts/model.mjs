import { bootstrap } from "./bootstrap.mjs";
import { becomeNode } from "./run-node.mjs";

/** Millions of short states: room for them, and for what is thrown away at once. */
const FLAGS = ["--max-old-space-size=6144", "--max-semi-space-size=64"];

const runtime = await bootstrap();
becomeNode({ ...runtime, flags: FLAGS }, "src/model/main.ts", process.argv.slice(2));
