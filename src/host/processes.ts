import { execFile } from "node:child_process";
import { realpath, readFile } from "node:fs/promises";
import { promisify } from "node:util";
import { Failure } from "../lib/failure.ts";
import { cwdOf, processesOf, type Belonging } from "./belonging.ts";
import { killControlGroup } from "./control-group.ts";
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
  if (process.platform === "linux") return processesOf({ directory });
  const wanted = await realpath(directory).catch(() => null);
  return wanted === null ? [] : listedByLsof(wanted);
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
  if (first !== null) sendSignal(first, "SIGKILL");
  await endAll(() => processesIn(directory), `in "${directory}"`, withinMs);
}

/** The same for all that belongs to a service. */
export async function endProcessesOf(belonging: Belonging, first: number | null, withinMs: number): Promise<void> {
  const { directory, mark, controlGroup } = belonging;
  if (mark === undefined && controlGroup === undefined) return endProcessesIn(directory, first, withinMs);
  if (first !== null) sendSignal(first, "SIGKILL");
  if (controlGroup !== undefined) killControlGroup(controlGroup);
  await endAll(async () => processesOf(belonging), `of "${mark ?? directory}"`, withinMs);
}

async function endAll(find: () => Promise<readonly number[]>, where: string, withinMs: number): Promise<void> {
  const endAt = performance.now() + withinMs;
  for (;;) {
    const left = await find();
    if (left.length === 0) return;
    for (const pid of left) endBehindOthers(pid);
    await untilGone(left, endAt);
    if (performance.now() > endAt)
      throw new Failure(
        `Cannot end the processes ${left.join(", ")} ${where} within ${withinMs} ms: they ignore SIGKILL (blocked in the kernel?)`,
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
