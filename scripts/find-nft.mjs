// Run with Node 24 by programs.mjs: says on standard output that nft is missing; exit code 1 then.
import { spawnSync } from "node:child_process";

if (spawnSync("nft", ["--version"]).status !== 0) {
  process.stdout.write("There is no program nft: install the package nftables");
  process.exitCode = 1;
}
