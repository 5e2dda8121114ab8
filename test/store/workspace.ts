import { spawn, type ChildProcess, type SpawnOptions } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { openSqliteStore, type SqliteOptions } from "../../src/store/sqlite.ts";
import type { Store } from "../../src/store/store.ts";

/** A directory of a test, with what runs in it; all ends with the test. */
export class Workspace {
  readonly directory: string;
  readonly file: string;
  readonly #ends: (() => Promise<unknown>)[] = [];

  private constructor(directory: string) {
    this.directory = directory;
    this.file = join(directory, "store.db");
  }

  static async make(): Promise<Workspace> {
    return new Workspace(await mkdtemp(join(tmpdir(), "understudy-store-")));
  }

  async open(options: SqliteOptions = {}, file: string = this.file): Promise<Store> {
    const store = await openSqliteStore(file, options);
    this.#ends.push(() => store.close());
    return store;
  }

  /** Runs a program of `programs/` with Node. */
  run(program: string, args: readonly string[], options: SpawnOptions = {}): Program {
    const path = fileURLToPath(new URL(`./programs/${program}`, import.meta.url));
    return this.start(process.execPath, [path, ...args], options);
  }

  start(command: string, args: readonly string[], options: SpawnOptions = {}): Program {
    const program = new Program(spawn(command, args, { stdio: ["ignore", "pipe", "inherit"], ...options }));
    this.#ends.push(() => program.kill());
    return program;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const end of this.#ends.toReversed()) await end();
    await rm(this.directory, { recursive: true });
  }
}

/** A running program and the lines that it has printed so far. */
export class Program {
  readonly lines: string[] = [];
  readonly process: ChildProcess;
  readonly ended: Promise<unknown>;
  readonly #output: Promise<unknown>;
  #heard = (): void => undefined;

  constructor(child: ChildProcess) {
    this.process = child;
    this.ended = once(child, "exit");
    const reader = createInterface({ input: child.stdout! });
    this.#output = once(reader, "close");
    reader.on("line", (line) => {
      this.lines.push(line);
      this.#heard();
    });
  }

  /** Resolves with the first line that is `start` or begins with it and a space; rejects after ten seconds. */
  async line(start: string): Promise<string> {
    const endAt = performance.now() + 10_000;
    for (;;) {
      const line = this.lines.find((one) => `${one} `.startsWith(`${start} `));
      if (line !== undefined) return line;
      if (performance.now() > endAt) throw new Error(`no line "${start}…", but: ${this.lines.slice(-5).join(" | ")}`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, 100);
        this.#heard = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }

  /** Ends it for good; resolves when all that it printed has been read. */
  async kill(): Promise<void> {
    this.process.kill("SIGKILL");
    await this.done();
  }

  /** Resolves with its exit code once it has ended and all that it printed has been read. */
  async done(): Promise<number | null> {
    await Promise.all([this.ended, this.#output]);
    return this.process.exitCode;
  }
}

/** A transaction that sets keys whatever they are. */
export function setting(values: Readonly<Record<string, string | null>>) {
  return { expect: [], write: Object.entries(values).map(([key, value]) => ({ key, value })) };
}

export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
