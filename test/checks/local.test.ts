import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { FileCheckConfig, ProcessCheckConfig } from "../../src/config/check-config.ts";
import { directoryOf, TIMES, tryOnce } from "./world.ts";

test("files: there, absent, old, with a text", { timeout: 20_000 }, async (t) => {
  const directory = directoryOf(t);
  const path = join(directory, "file");
  const ask = async (more: Partial<FileCheckConfig> = {}) => {
    const question = { kind: "file", path, isWanted: true, maxAgeMs: null, contains: null, ...TIMES, ...more } as const;
    const { ok, text } = await tryOnce(question);
    return `${ok ? "+" : "-"} ${text}`;
  };
  assert.equal(await ask(), `- there is no "${path}"`);
  assert.equal(await ask({ isWanted: false }), "+ absent");
  writeFileSync(path, "all is well\n");
  assert.equal(await ask(), "+ there");
  assert.equal(await ask({ isWanted: false }), `- "${path}" is there`);
  assert.equal(await ask({ contains: "is well" }), '+ has "is well" in it');
  assert.match(await ask({ contains: "is ill" }), /^- .* has no "is ill" in it/);
  utimesSync(path, Date.now() / 1000 - 100, Date.now() / 1000 - 100);
  assert.match(await ask({ maxAgeMs: 60_000 }), /^- .* was last written 1 min 40 s ago/);
  assert.equal(await ask({ maxAgeMs: 600_000 }), "+ there");
  assert.match(await ask({ path: `${path}/x` }), /^- there is no/);
  assert.match(await ask({ path: "x".repeat(5000) }), /^- ENAMETOOLONG/);
  assert.match(await ask({ path: "x\0y" }), /^- .*null bytes/);
  assert.match(await ask({ path: "x".repeat(5000), isWanted: false }), /^- ENAMETOOLONG/);
  mkdirSync(join(directory, "sub"));
  assert.match(await ask({ path: join(directory, "sub"), contains: "x" }), /^- .* is no regular file/);
  const pipe = join(directory, "pipe");
  assert.equal(spawnSync("mkfifo", [pipe]).status, 0);
  assert.match(await ask({ path: pipe, contains: "x" }), /^- .* is no regular file/);
});

test("processes: by a file, by name, and both", { timeout: 20_000 }, async (t) => {
  const directory = directoryOf(t);
  const pidFile = join(directory, "pid");
  const ask = async (more: Partial<ProcessCheckConfig>) => {
    const { ok, text } = await tryOnce({ kind: "process", pidFile: null, command: null, ...TIMES, ...more });
    return `${ok ? "+" : "-"} ${text}`;
  };
  assert.equal(await ask({ pidFile }), `- there is no "${pidFile}"`);
  writeFileSync(pidFile, "what\n");
  assert.match(await ask({ pidFile }), /^- .* does not begin with a process's number/);
  const name = `ut-${process.pid}-with-a-long-name`;
  // The shell gives it the name as its first word; the kernel's own name of it is sleep.
  const child = spawn("sleep", ["600"], { argv0: name, stdio: "ignore" });
  t.after(() => child.kill("SIGKILL"));
  const pid = child.pid ?? 0;
  writeFileSync(pidFile, `${pid}\n/var/lib/more\n`);
  assert.equal(await ask({ pidFile }), `+ process ${pid} lives`);
  assert.equal(await ask({ pidFile, command: "sleep" }), `+ process ${pid} lives`);
  assert.equal(await ask({ pidFile, command: "postgres" }), `- process ${pid} of "${pidFile}" is no "postgres"`);
  assert.equal(await ask({ command: name }), `+ process ${pid} lives`);
  child.kill("SIGKILL");
  await once(child, "exit");
  assert.equal(await ask({ command: name }), `- no process is called "${name}"`);
  assert.equal(await ask({ pidFile }), `- process ${pid} of "${pidFile}" does not live`);
  rmSync(pidFile);
  assert.equal(await ask({ pidFile, command: "sleep" }), `- there is no "${pidFile}"`);
});
