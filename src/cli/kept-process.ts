import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync, rmSync, statSync, writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { nodeArguments } from "../host/node-arguments.ts";
import { formatMs } from "../lib/units.ts";
import { exitCodes } from "./exit.ts";

/** What to run, and where its output goes. */
export interface KeptProgram {
  /** What it is called in messages: `agent a`. */
  readonly name: string;
  /** Of our own program, such as `["agent", "--node", "a"]`. */
  readonly args: readonly string[];
  readonly log: string;
  /** Holds its process id while it runs; `null`: it writes such a file itself. */
  readonly pidFile: string | null;
  /** What it is told to do; while that is wrong (exit code 2 or 64) it is started again seldom, or when the file has changed. */
  readonly config: string;
}

/** So long it waits before each start that follows another failure. */
const PAUSES_MS = [0, 100, 500, 2000] as const;
/** How a program ends that was told something wrong, or is named in the configuration no more; see `docs/exit-codes.md`. */
const WRONG: readonly string[] = [exitCodes.bad, exitCodes.usage].map((code) => `code ${code}`);
/** What is wrong may also lie outside the file: a program that is not installed. */
const WRONG_PAUSE_MS = 30_000;
/** Between looks for a change of the configuration. */
const LOOK_MS = 1000;
/** Whoever has lived that long begins again with the first pause. */
const STABLE_MS = 30_000;

/**
 * A process that is started again whenever it ends, until it is stopped. It has a process group and session
 * of its own: the terminal's Ctrl-C does not reach it, and it outlives us if we are killed.
 */
export class KeptProcess {
  readonly #program: KeptProgram;
  readonly #main: string;
  readonly #say: (text: string) => void;
  readonly #stopping = new AbortController();
  readonly #ended: Promise<void>;
  #child: ChildProcess | null = null;

  /** Starts `program` with our own Node and its flags; `main` is the file of the command line. */
  constructor(program: KeptProgram, main: string, say: (text: string) => void) {
    this.#program = program;
    this.#main = main;
    this.#say = say;
    this.#ended = this.#keep();
  }

  /** `null` while it is down. */
  get pid(): number | null {
    return this.#child?.pid ?? null;
  }

  /** Ends it with `signal` and resolves once it is gone; after `withinMs` it is killed, which is said. */
  async stop(signal: NodeJS.Signals, withinMs: number): Promise<void> {
    this.#stopping.abort();
    this.#child?.kill(signal);
    const timer = setTimeout(() => {
      this.#say(`${this.#program.name} did not end within ${formatMs(withinMs)} and is killed`);
      this.#child?.kill("SIGKILL");
    }, withinMs);
    await this.#ended;
    clearTimeout(timer);
  }

  async #keep(): Promise<void> {
    const { signal } = this.#stopping;
    let failures = 0;
    while (!signal.aborted) {
      const startedMs = performance.now();
      const config = changedAtMs(this.#program.config);
      const how = await this.#run();
      if (signal.aborted) return;
      if (WRONG.includes(how)) {
        await this.#untilChanged(config);
        continue;
      }
      failures = performance.now() - startedMs > STABLE_MS ? 0 : failures;
      const pauseMs = PAUSES_MS[Math.min(failures++, PAUSES_MS.length - 1)] ?? 0;
      const again = pauseMs === 0 ? "at once" : `in ${formatMs(pauseMs)}`;
      this.#say(`${this.#program.name} ended (${how}) and is started again ${again}; see ${this.#program.log}`);
      await sleep(pauseMs, undefined, { signal }).catch(() => undefined);
    }
  }

  /** Waits until the configuration is another one than at `atMs`, for a while, or for the end of everything. */
  async #untilChanged(atMs: number): Promise<void> {
    const { name, log, config } = this.#program;
    const again = `in ${formatMs(WRONG_PAUSE_MS)}, or when ${config} has changed`;
    this.#say(`${name} cannot run as it is configured; see ${log}. It is started again ${again}`);
    const { signal } = this.#stopping;
    const endAtMs = performance.now() + WRONG_PAUSE_MS;
    while (!signal.aborted && changedAtMs(config) === atMs && performance.now() < endAtMs)
      await sleep(LOOK_MS, undefined, { signal }).catch(() => undefined);
  }

  /** Runs it once, to its end; resolves to how it ended. */
  async #run(): Promise<string> {
    const { name, args, log, pidFile } = this.#program;
    const output = openSync(log, "a", 0o600);
    try {
      const child = spawn(process.execPath, nodeArguments(this.#main, args), {
        detached: true,
        stdio: ["ignore", output, output],
      });
      this.#child = child;
      const ended = once(child, "exit") as Promise<[number | null, NodeJS.Signals | null]>;
      if (pidFile !== null) writeFileSync(pidFile, `${child.pid ?? ""}\n`);
      this.#say(`${name} started, process ${child.pid ?? "?"}`);
      const [code, signal] = await ended;
      return signal ?? `code ${code}`;
    } catch (error) {
      return (error as Error).message;
    } finally {
      this.#child = null;
      if (pidFile !== null) rmSync(pidFile, { force: true });
      closeSync(output);
    }
  }
}

/** When a file was changed last, in milliseconds since 1970; 0: it is not there. */
function changedAtMs(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}
