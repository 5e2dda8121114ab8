#!/usr/bin/env node
import { bootstrap } from "../scripts/bootstrap.mjs";
import { becomeNode } from "../scripts/run-node.mjs";

const command = process.argv.slice(2);
becomeNode(await bootstrap({ only: "program", command }), "src/cli/main.ts", command);
