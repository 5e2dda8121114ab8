import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

const MAIN = fileURLToPath(new URL("../../src/cli/main.ts", import.meta.url));
const ENDS_MS = 20_000;

/** What a command left. */
export interface Ran {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A command of the program that has been started. */
export interface Running {
  readonly child: ChildProcess;
  /** Resolves when it has ended. */
  readonly ended: Promise<Ran>;
  /** Resolves as soon as its standard output matches. */
  shows(what: RegExp): Promise<void>;
  /** The same of what it says beside it. */
  says(what: RegExp): Promise<void>;
}

/** Starts the real command line. It is killed if it does not end in a bounded time. */
export function start(args: readonly string[], env: Readonly<Record<string, string>> = {}): Running {
  const child = spawn(process.execPath, [MAIN, ...args], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, ...env },
  });
  const timer = setTimeout(() => child.kill("SIGKILL"), ENDS_MS);
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  const isRunning = (): boolean => child.exitCode === null && child.signalCode === null;
  const ended = once(child, "close").then(([code]) => {
    clearTimeout(timer);
    return { code: code as number | null, stdout, stderr };
  });
  return {
    child,
    ended,
    async shows(what) {
      while (!what.test(stdout) && isRunning()) await Promise.race([once(child.stdout, "data"), ended]);
    },
    async says(what) {
      while (!what.test(stderr) && isRunning()) await Promise.race([once(child.stderr, "data"), ended]);
    },
  };
}

/** Runs the real command line to its end. */
export function run(...args: readonly string[]): Promise<Ran> {
  return start(args).ended;
}
