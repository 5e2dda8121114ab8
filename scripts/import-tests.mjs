// Run with Node 24 by test-run.mjs: the named test files in this one process. Unlike `node --test` it puts no options
// on Node's command line, which programs that the tests start would inherit.
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";

for (const file of process.argv.slice(2)) await import(pathToFileURL(resolve(file)).href);
