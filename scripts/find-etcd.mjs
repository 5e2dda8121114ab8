// Run with Node 24 by programs.mjs: says on standard output what is missing; exit code 1 then.
import { spawnSync } from "node:child_process";

if (spawnSync("etcd", ["--version"]).status !== 0) {
  process.stdout.write("etcd is not installed: put its program `etcd`, version 3.4 to 3.6, in the path.");
  process.exitCode = 1;
}
