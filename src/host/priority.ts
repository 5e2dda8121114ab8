import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { setPriority } from "node:os";

/** Above programs that merely work, below those that keep the host alive. */
const PROMPT = -10;

/**
 * Lets this process go first when the processors are busy: a takeover happens when everything else wants
 * them too. Not permitted to everybody, and then left as it is. Processes that it starts are put back by
 * {@link usualPriority}.
 */
export function promptPriority(): void {
  for (const thread of ownThreads()) prioritise(thread, PROMPT);
  prioritiseOwnSession();
}

/** Gives a program that was just started the usual priority: it has inherited ours. */
export function usualPriority(pid: number | undefined): void {
  if (pid !== undefined) prioritise(pid, 0);
}

/** Linux gives each thread a priority of its own, and those that are there already would keep theirs. */
function ownThreads(): readonly number[] {
  try {
    return readdirSync("/proc/self/task").map(Number);
  } catch {
    return [0];
  }
}

/**
 * Where Linux shares the processors by session first (autogroup), a priority counts only within a session,
 * and each process of a database server is a session. Ours is raised as a whole, if it is ours alone.
 */
function prioritiseOwnSession(): void {
  try {
    const stat = readFileSync("/proc/self/stat", "utf8");
    const session = Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[3]);
    if (session === process.pid) writeFileSync("/proc/self/autogroup", String(PROMPT));
  } catch {
    return;
  }
}

function prioritise(id: number, priority: number): void {
  try {
    setPriority(id, priority);
  } catch {
    return;
  }
}
