import cluster, { type Worker } from "node:cluster";
import { once } from "node:events";
import type { Keeper } from "../routes/keeper.ts";

/** What the process that serves says to the one that keeps it, and the other way round. */
export type Message =
  /** It listens. */
  | { readonly says: "ready" }
  /** Another one listens beside you: take nobody any more, and end when nobody is left. */
  | { readonly says: "retire" }
  /** Tell what an operator has changed since your start. */
  | { readonly says: "tell" }
  | { readonly says: "told"; readonly state: unknown };

export interface GenerationsOptions {
  /** The program's main file, and its words; the file is read anew for each generation. */
  readonly file: string;
  readonly args: readonly string[];
  readonly log: (text: string) => void;
}

/** Where a new generation finds what an operator has changed in the one before. */
const STATE = "UNDERSTUDY_STATE";
const READY_MS = 20_000;
const TELL_MS = 1000;
/** After the loss of one that had served for less than that, the next one waits. */
const SETTLED_MS = 5000;
const PAUSE_MS = 500;

/**
 * Keeps one process of the same command serving until SIGTERM or SIGINT. SIGUSR2 starts another one, from the program and the configuration
 * as they are now, which shares the listening socket; once it listens the old one retires, so that no connection is refused and no request
 * lost. One that cannot begin changes nothing. Resolves with the exit code.
 */
export async function runGenerations(options: GenerationsOptions): Promise<number> {
  // The kernel hands connections to whoever listens, without a way through this process.
  cluster.schedulingPolicy = cluster.SCHED_NONE;
  cluster.setupPrimary({ exec: options.file, args: [...options.args] });
  return new Generations(options).run();
}

class Generations {
  readonly #log: (text: string) => void;
  readonly #retired = new Set<Worker>();
  readonly #end = Promise.withResolvers<number>();
  #current: Worker | null = null;
  #isEnding = false;
  #isRenewing = false;

  constructor({ log }: GenerationsOptions) {
    this.#log = log;
  }

  async run(): Promise<number> {
    const ask = (): void => this.#askToEnd();
    process.on("SIGTERM", ask).on("SIGINT", ask);
    process.on("SIGHUP", () => this.#current?.process.kill("SIGHUP"));
    process.on("SIGUSR2", () => void this.#renew());
    this.#current = this.#fork(null);
    return this.#end.promise;
  }

  #fork(state: unknown): Worker {
    const worker = cluster.fork({ [STATE]: state === null ? "" : JSON.stringify(state) });
    let servedFromMs: number | null = null;
    worker.on("message", ({ says }: Message) => {
      if (says === "ready") servedFromMs = performance.now();
    });
    worker.once("exit", (code: number | null) => {
      this.#exited(worker, code ?? 1, servedFromMs === null ? null : performance.now() - servedFromMs);
    });
    return worker;
  }

  /** `servedMs`: for how long it has served; `null`: it never has. */
  #exited(worker: Worker, code: number, servedMs: number | null): void {
    this.#retired.delete(worker);
    const isCurrent = worker === this.#current;
    if (isCurrent) this.#current = null;
    if (this.#isEnding && this.#current === null && this.#retired.size === 0) return this.#end.resolve(code);
    if (!isCurrent || this.#isEnding) return;
    // It has ended by itself, or has never served: then it has said why.
    if (code === 0 || servedMs === null) return this.#end.resolve(code);
    this.#log(`the process that served is gone (${code}); another one begins`);
    setTimeout(() => this.#makeUp(), servedMs < SETTLED_MS ? PAUSE_MS : 0);
  }

  /** Begins another one if none serves and none is about to. */
  #makeUp(): void {
    if (this.#current === null && !this.#isEnding && !this.#isRenewing) this.#current = this.#fork(null);
  }

  async #renew(): Promise<void> {
    if (this.#isEnding || this.#isRenewing) return;
    this.#isRenewing = true;
    const old = this.#current;
    this.#log("SIGUSR2: a new process begins to serve");
    const next = this.#fork(old === null ? null : await stateOf(old));
    if (await isReady(next)) this.#replace(old, next);
    else {
      next.process.kill("SIGKILL");
      this.#log("SIGUSR2: the new process does not serve; everything stays as it was");
    }
    this.#isRenewing = false;
    this.#makeUp();
  }

  #replace(old: Worker | null, next: Worker): void {
    this.#current = next;
    if (old === null) return;
    this.#retired.add(old);
    tell(old, { says: "retire" });
    this.#log(`SIGUSR2: process ${next.process.pid} serves, ${old.process.pid} lets its requests end`);
  }

  /** A terminal sends SIGINT to all processes at once: a second one would end them at once. */
  #askToEnd(): void {
    this.#isEnding = true;
    const left = [...this.#retired, ...(this.#current === null ? [] : [this.#current])];
    if (left.length === 0) this.#end.resolve(0);
    for (const worker of left) worker.process.kill("SIGTERM");
  }
}

async function isReady(worker: Worker): Promise<boolean> {
  return (await heard(worker, "ready", READY_MS)) !== null;
}

async function stateOf(worker: Worker): Promise<unknown> {
  tell(worker, { says: "tell" });
  const message = await heard(worker, "told", TELL_MS);
  return message?.says === "told" ? message.state : null;
}

function tell(worker: Worker, message: Message): void {
  if (worker.isConnected()) worker.send(message, () => undefined);
}

/** The message that is waited for; `null`: it does not come, or not in time. */
async function heard(worker: Worker, says: Message["says"], withinMs: number): Promise<Message | null> {
  const over = new AbortController();
  const timer = setTimeout(() => over.abort(), withinMs);
  worker.once("exit", () => over.abort());
  try {
    for (;;) {
      const [message] = (await once(worker, "message", { signal: over.signal })) as [Message];
      if (message.says === says) return message;
    }
  } catch {
    return null;
  } finally {
    clearTimeout(timer);
  }
}

/** Whoever keeps this process; `null`: nobody does. */
export function keeperOfThis(): Keeper | null {
  if (!cluster.isWorker) return null;
  const retired = Promise.withResolvers<void>();
  let state = (): unknown => null;
  const send = (message: Message): void => void process.send?.(message);
  process.on("message", ({ says }: Message) => {
    if (says === "retire") retired.resolve();
    if (says === "tell") send({ says: "told", state: state() });
  });
  const given = process.env[STATE] ?? "";
  delete process.env[STATE];
  return {
    state: given === "" ? null : (JSON.parse(given) as unknown),
    retired: retired.promise,
    ready(now) {
      state = now;
      send({ says: "ready" });
    },
  };
}
