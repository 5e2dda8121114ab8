#!/usr/bin/env node
import { bootstrap } from "../scripts/bootstrap.mjs";
import { becomeNode } from "../scripts/run-node.mjs";

becomeNode(await bootstrap({ only: "program" }), "src/cli/main.ts", process.argv.slice(2));
