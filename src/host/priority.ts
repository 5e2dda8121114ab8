import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { setPriority } from "node:os";

/** Above programs that merely work, below those that keep the host alive. */
const PROMPT = -10;

/** Below everything. */
const LAST = 19;

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

/** Lets a process that is about to be ended stand back behind all others. */
export function lastPriority(pid: number): void {
  prioritise(pid, LAST);
  prioritiseSession(pid, LAST);
}

/**
 * Lets processes of others go first too, each once: what a takeover waits for should not queue behind queries,
 * nor behind the processes of a server that is dying. Not permitted to everybody, and then left as it is.
 */
export class Prompted {
  #known: readonly number[] = [];

  /** `pids` are all that should go first now. */
  these(pids: readonly number[]): void {
    const added = pids.filter((pid) => !this.#known.includes(pid));
    this.#known = pids;
    for (const pid of added) {
      prioritise(pid, PROMPT);
      prioritiseSession(pid, PROMPT);
    }
  }
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
    if (session === process.pid) prioritiseSession(process.pid, PROMPT);
  } catch {
    return;
  }
}

function prioritiseSession(pid: number, priority: number): void {
  try {
    writeFileSync(`/proc/${pid}/autogroup`, String(priority));
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
