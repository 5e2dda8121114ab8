import { spawn, type ChildProcess } from "node:child_process";
import { randomUUID } from "node:crypto";
import { identityOptions, type Account } from "../host/account.ts";
import { MARK, processesOf } from "../host/belonging.ts";
import { usualPriority } from "../host/priority.ts";
import { sendSignal } from "../host/processes.ts";

/** What became of a program. */
export interface PluginEnd {
  /** `null`: a signal ended it, or it could not be started. */
  readonly code: number | null;
  /** For a person. */
  readonly how: string;
  /** The beginning of what it wrote to its standard output; of its errors if that was nothing. */
  readonly output: string;
}

/** So much of its output is kept; the rest is read and forgotten. */
const KEPT_BYTES = 8192;

/** How long its output is waited for once it has ended; longer, and something that it has started holds it. */
const REST_MS = 50;

/**
 * Runs a program in a process group of its own and resolves once it is gone. Then, or when `signal` is aborted, all that it
 * has started is ended, too. Never rejects.
 */
export async function runPlugin(command: readonly string[], as: Account, signal: AbortSignal): Promise<PluginEnd> {
  const [file = "", ...args] = command;
  const mark = `check-${randomUUID()}`;
  try {
    const child = spawn(file, args, {
      ...identityOptions(as),
      cwd: "/",
      env: { ...ENVIRONMENT, [MARK]: mark },
      stdio: ["ignore", "pipe", "pipe"],
      detached: true,
    });
    usualPriority(child.pid);
    return await endOf(child, mark, signal);
  } catch (error) {
    return couldNotStart(error as NodeJS.ErrnoException);
  }
}

/** Nothing of the agent's own. */
const ENVIRONMENT = {
  PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
  HOME: "/nonexistent",
  LC_ALL: "C",
  TZ: "UTC",
};

function endOf(child: ChildProcess, mark: string, signal: AbortSignal): Promise<PluginEnd> {
  const output = keep(child.stdout);
  const errors = keep(child.stderr);
  return new Promise((resolve) => {
    const abort = (): void => {
      endGroup(child);
      endMarked(mark);
    };
    if (signal.aborted) abort();
    signal.addEventListener("abort", abort, { once: true });
    const finish = (end: Omit<PluginEnd, "output">): void => {
      signal.removeEventListener("abort", abort);
      resolve({ ...end, output: output() || errors() });
    };
    let holds: NodeJS.Timeout | undefined;
    child.on("error", (error) => finish(couldNotStart(error)));
    child.on("exit", () => {
      endGroup(child);
      holds = setTimeout(() => letGo(child, mark), REST_MS);
    });
    child.on("close", (code, endedBy) => {
      clearTimeout(holds);
      if (signal.aborted) endMarked(mark);
      finish({ code, how: endedBy === null ? `it ended with ${code}` : `it was ended by ${endedBy}` });
    });
  });
}

function couldNotStart({ code, message }: NodeJS.ErrnoException): PluginEnd {
  const meaning = code === "ENOENT" ? "there is no such program" : code === "EACCES" ? "it may not be run" : message;
  return { code: null, how: `it could not be started: ${meaning}`, output: "" };
}

/**
 * The child leads the group, so this reaches what it has started. Just after its end the group still has its number if
 * anything is left in it, and the kernel gives a free number away only after all others.
 */
function endGroup({ pid }: ChildProcess): void {
  if (pid !== undefined) sendSignal(-pid, "SIGKILL");
}

/** Ends what has left the group; it still has the mark in its environment. */
function endMarked(mark: string): void {
  if (process.platform !== "linux") return;
  for (const pid of processesOf({ directory: "", mark })) sendSignal(pid, "SIGKILL");
}

function letGo(child: ChildProcess, mark: string): void {
  endMarked(mark);
  child.stdout?.destroy();
  child.stderr?.destroy();
}

function keep(stream: ChildProcess["stdout"]): () => string {
  let kept = "";
  stream?.setEncoding("utf8");
  stream?.on("data", (part: string) => {
    if (kept.length < KEPT_BYTES) kept = (kept + part).slice(0, KEPT_BYTES);
  });
  stream?.on("error", () => undefined);
  return () => kept;
}
