import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { takeLock } from "./lock.ts";

test("takeLock() gives a lock to one process until that one is gone, however it ends", async (t) => {
  const directory = await mkdtemp(join(tmpdir(), "understudy-lock-"));
  t.after(() => rm(directory, { recursive: true }));
  const file = join(directory, "agent.lock");

  const holder = spawn(process.execPath, ["--input-type=module", "-e", holderProgram(file)], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  t.after(() => holder.kill("SIGKILL"));
  await once(holder.stdout, "data");
  assert.deepEqual(await takeLock(file), { taken: false, heldBy: holder.pid });

  holder.kill("SIGKILL");
  await once(holder, "exit");
  const mine = await takeLock(file);
  assert.equal(mine.taken, true);
  if (mine.taken) mine.release();
});

function holderProgram(file: string): string {
  const lock = new URL("lock.ts", import.meta.url).href;
  return `
    const { takeLock } = await import(${JSON.stringify(lock)});
    const answer = await takeLock(${JSON.stringify(file)});
    console.log(answer.taken);
    process.stdin.resume();
  `;
}

test("takeLock() rejects when the directory does not exist", async () => {
  await assert.rejects(takeLock("/nowhere/at/all/agent.lock"), /Cannot take the lock "\/nowhere\/at\/all\/agent.lock"/);
});

test("takeLock() gives the lock again after its release", async (t) => {
  const directory = await mkdtemp(join(tmpdir(), "understudy-lock-"));
  t.after(() => rm(directory, { recursive: true }));
  for (let i = 0; i < 2; i++) {
    const answer = await takeLock(join(directory, "lock"));
    assert.equal(answer.taken, true);
    if (answer.taken) answer.release();
  }
});
