import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtemp, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { endProcessesUnder, processesUnder } from "./leftovers.ts";

test("endProcessesUnder() ends what works in a directory, also what is stopped, and spares other programs", async () => {
  const root = await realpath(await mkdtemp(join(tmpdir(), "understudy-leftovers-")));
  const waiting = ["-e", "setTimeout(() => {}, 30000)"];
  const inside = spawn(process.execPath, waiting, { cwd: root, stdio: "ignore" });
  const outside = spawn(process.execPath, waiting, { cwd: tmpdir(), stdio: "ignore" });
  const shell = spawn("sleep", ["30"], { cwd: root, stdio: "ignore" });
  const ended = new Promise((resolve) => inside.once("exit", (_, signal) => resolve(signal)));
  try {
    await new Promise((resolve) => inside.once("spawn", resolve));
    inside.kill("SIGSTOP");
    assert.deepEqual(processesUnder(root), [inside.pid]);
    endProcessesUnder(root);
    assert.equal(await ended, "SIGKILL");
    for (const spared of [outside, shell]) assert.equal(spared.exitCode ?? spared.signalCode, null);
  } finally {
    inside.kill("SIGKILL");
    outside.kill("SIGKILL");
    shell.kill("SIGKILL");
    await rm(root, { recursive: true, force: true });
  }
});
