import { spawn } from "node:child_process";
import { mkdtemp, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sendSignal } from "../../src/host/processes.ts";
import { guardProcesses } from "../../src/guards/process/start-guard.ts";

/** A directory of the test's own, under the system's one for such. */
export async function makeDirectory(): Promise<string> {
  return realpath(await mkdtemp(join(tmpdir(), "understudy-guard-")));
}

/** Two processes that work in a directory of their own: the service to be guarded. */
export async function startSleepers(): Promise<{ directory: string; pids: readonly number[]; isRunning(): boolean }> {
  const directory = await makeDirectory();
  const children = [0, 1].map(() => spawn("sleep", ["30"], { cwd: directory, stdio: "ignore" }));
  const ended = new Set<number>();
  for (const child of children) child.once("exit", () => ended.add(child.pid ?? 0));
  const pids = children.map((child) => child.pid ?? 0);
  return { directory, pids, isRunning: () => pids.some((pid) => !ended.has(pid) && sendSignal(pid, 0)) };
}

/** Ends the guards of `directory` for good and removes it. */
export async function removeDirectory(directory: string): Promise<void> {
  for (const pid of await guardProcesses(directory)) sendSignal(pid, "SIGKILL");
  await rm(directory, { recursive: true, force: true, maxRetries: 5 });
}
