import { execFile } from "node:child_process";
import { readdirSync, readlinkSync } from "node:fs";
import { realpath, readFile } from "node:fs/promises";
import { promisify } from "node:util";
import { Failure } from "../lib/failure.ts";
import { lastPriority } from "./priority.ts";

const run = promisify(execFile);

/** How long between two looks while processes are dying. */
const LOOK_MS = 4;

/**
 * The processes whose working directory is `directory`: for a database server all of its processes,
 * whoever their parent is by now. Zombies are not counted, they hold nothing any more. A directory that
 * does not exist has none.
 */
export async function processesIn(directory: string): Promise<readonly number[]> {
  const wanted = await realpath(directory).catch(() => null);
  if (wanted === null) return [];
  if (process.platform !== "linux") return listedByLsof(wanted);
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name) && cwdOf(name) === wanted)
    .map(Number)
    .filter((pid) => pid !== process.pid);
}

/**
 * The working directory of a living process; `null` for one that is gone, a zombie, or another user's.
 * Read at once, not by way of the thread pool: this is memory of the kernel, some microseconds each, and a
 * takeover waits for it.
 */
function cwdOf(pid: string): string | null {
  try {
    return readlinkSync(`/proc/${pid}/cwd`);
  } catch {
    return null;
  }
}

async function listedByLsof(directory: string): Promise<readonly number[]> {
  const { stdout } = await run("lsof", ["-t", "-a", "-d", "cwd", directory]).catch((error: { stdout?: string }) => ({
    stdout: error.stdout ?? "",
  }));
  return stdout
    .split("\n")
    .filter(Boolean)
    .map(Number)
    .filter((pid) => pid !== process.pid);
}

/**
 * Ends every process of `directory` for good (SIGKILL also ends stopped ones) and resolves once none is
 * left: `first` at the head, so that nothing new is forked. Rejects with a {@link Failure} when some are
 * still there after `withinMs`; then nobody may assume that the service is down.
 */
export async function endProcessesIn(directory: string, first: number | null, withinMs: number): Promise<void> {
  const endAt = performance.now() + withinMs;
  if (first !== null) sendSignal(first, "SIGKILL");
  for (;;) {
    const left = await processesIn(directory);
    if (left.length === 0) return;
    for (const pid of left) endBehindOthers(pid);
    await untilGone(left, endAt);
    if (performance.now() > endAt)
      throw new Failure(
        `Cannot end the processes ${left.join(", ")} in "${directory}" within ${withinMs} ms: they ignore SIGKILL (blocked in the kernel?)`,
      );
  }
}

/** A process needs some milliseconds to end, a server has dozens, and their successors wait for the processors. */
function endBehindOthers(pid: number): void {
  lastPriority(pid);
  sendSignal(pid, "SIGKILL");
}

/** Looks only for those that were there: to look for all costs milliseconds while others take over. */
async function untilGone(pids: readonly number[], endAt: number): Promise<void> {
  do {
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  } while (performance.now() <= endAt && pids.some((pid) => isThere(pid)));
}

/** Where the system does not show it there is a look for all soon. */
function isThere(pid: number): boolean {
  return process.platform === "linux" && cwdOf(String(pid)) !== null;
}

/** Sends a signal; `false` when there is no such process. */
export function sendSignal(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(pid, signal);
  } catch {
    return false;
  }
}

/** Whether a process lives; a zombie does not. */
export async function isAlive(pid: number): Promise<boolean> {
  if (!sendSignal(pid, 0)) return false;
  const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
  return !/^\d+ \(.*\) [ZX]/s.test(stat);
}
