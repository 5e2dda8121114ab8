import { spawn, type ChildProcess } from "node:child_process";
import { basename } from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { usualPriority } from "./priority.ts";
import { Failure } from "../lib/failure.ts";
import { identityOptions, type Account } from "./account.ts";

export interface RunOptions {
  readonly as: Account;
  /** Added to a small clean environment; never secrets. */
  readonly env?: Readonly<Record<string, string>>;
  /** Given to it as its standard input. */
  readonly input?: string;
  /** For how long it may take in all. */
  readonly timeoutMs: number;
  /** For how long it may say nothing; for work whose whole length nobody knows. */
  readonly silentMs?: number;
  readonly signal?: AbortSignal;
  /** Gets every line of its output and its errors as they come. */
  readonly onLine?: (line: string) => void;
  readonly cwd?: string;
}

/** More than any answer that is read as a whole; of longer output the end is kept. */
const KEPT_CHARACTERS = 256 * 1024;

/** How long the rest of its output is waited for once it has ended. */
const GRACE_MS = 1000;

/** How much of what a program said goes into the message of its failure. */
const TOLD_LINES = 6;

/**
 * Runs a program as another user, in a process group of its own, and resolves with what it wrote (the
 * end of it when that was much). Rejects with a {@link Failure} that quotes it when it ends with anything
 * but 0, takes too long, says nothing for too long or is aborted; then it and its own children have been
 * ended for good, what it was changing may be half done.
 */
export async function runProgram(file: string, args: readonly string[], options: RunOptions): Promise<string> {
  const name = basename(file);
  if (options.signal?.aborted === true) throw new Failure(`${name} was not started: it was told to stop`);
  const child = spawn(file, [...args], {
    ...identityOptions(options.as),
    cwd: options.cwd ?? "/",
    env: { ...cleanEnvironment(), ...options.env },
    stdio: ["pipe", "pipe", "pipe"],
    detached: true,
  });
  usualPriority(child.pid);
  const output = keep(child.stdout, options.onLine);
  const errors = keep(child.stderr, options.onLine);
  child.stdin.on("error", () => undefined);
  child.stdin.end(options.input ?? "");
  const ended = await endOf(child, options);
  if (ended === "") return output();
  throw new Failure(`${name} ${ended}${told(errors() || output())}`);
}

/** Resolves with `""` once it has ended well, else with how it ended. */
function endOf(child: ChildProcess, options: RunOptions): Promise<string> {
  return new Promise((resolve) => {
    let why: string | null = null;
    const end = (because: string): void => {
      why ??= because;
      endGroup(child);
    };
    const whole = setTimeout(() => end(`took longer than ${options.timeoutMs} ms and was ended`), options.timeoutMs);
    const { silentMs } = options;
    const silent = silentMs && setTimeout(() => end(`said nothing for ${silentMs} ms and was ended`), silentMs);
    const aborted = (): void => end("was told to stop and was ended");
    const finish = (how: string): void => {
      clearTimeout(whole);
      if (silent) clearTimeout(silent);
      options.signal?.removeEventListener("abort", aborted);
      resolve(why ?? how);
    };
    if (silent) for (const stream of [child.stdout, child.stderr]) stream?.on("data", () => silent.refresh());
    options.signal?.addEventListener("abort", aborted);
    child.on("exit", () => setTimeout(() => letGo(child), GRACE_MS).unref());
    child.on("error", (error) => finish(`could not be started: ${error.message}`));
    child.on("close", (code, signal) =>
      finish(code === 0 ? "" : signal ? `was ended by ${signal}` : `ended with ${code}`),
    );
  });
}

/** Something that it left behind may hold its output open; nobody waits for that. */
function letGo(child: ChildProcess): void {
  child.stdout?.destroy();
  child.stderr?.destroy();
}

/** The child leads its own group, so this reaches its children too; it is called only while the child has not been waited for. */
function endGroup(child: ChildProcess): void {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  try {
    process.kill(-child.pid, "SIGKILL");
  } catch {
    child.kill("SIGKILL");
  }
}

/** Keeps the end of what a stream says; without a listener nothing is split into lines. */
function keep(stream: Readable, onLine: ((line: string) => void) | undefined): () => string {
  let text = "";
  stream.setEncoding("utf8");
  stream.on("data", (part: string) => {
    text = (text + part).slice(-KEPT_CHARACTERS);
  });
  if (onLine) createInterface({ input: stream, crlfDelay: Infinity }).on("line", onLine);
  return () => text;
}

function told(text: string): string {
  const lines = text.trim().split("\n").filter(Boolean).slice(-TOLD_LINES);
  return lines.length === 0 ? "" : `: ${lines.join(" | ")}`;
}

/** Nothing of the user's own settings for PostgreSQL's clients, and messages that can be read by a program. */
function cleanEnvironment(): Record<string, string> {
  return { PATH: "/usr/local/bin:/usr/bin:/bin", HOME: "/nonexistent", LC_ALL: "C", TZ: "UTC" };
}
