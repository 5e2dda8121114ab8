import cluster from "node:cluster";
import { Child, type ChildEvents } from "./child.ts";
import { STATE_TOPIC } from "./messages.ts";

export interface GenerationsOptions {
  /** The program's main file, and its words; the file is read anew for each generation. */
  readonly file: string;
  readonly args: readonly string[];
  /** How many processes share the work. */
  readonly processes: number;
  readonly log: (text: string) => void;
}

const READY_MS = 20_000;
const ANSWER_MS = 1000;
/** After the loss of one that had served for less than that, the next one waits. */
const SETTLED_MS = 5000;
const PAUSE_MS = 500;

/**
 * Keeps processes of the same command serving until SIGTERM or SIGINT; they share the listening sockets. SIGUSR2 starts others, from the program
 * and the configuration as they are now, in their place; once those listen the old ones retire, so that no connection is refused and no
 * request lost. If they cannot begin, nothing changes. Resolves with the exit code.
 */
export async function runGenerations(options: GenerationsOptions): Promise<number> {
  // The kernel hands connections to whoever listens, without a way through this process.
  cluster.schedulingPolicy = cluster.SCHED_NONE;
  cluster.setupPrimary({ exec: options.file, args: [...options.args] });
  return new Generations(options).run();
}

class Generations implements ChildEvents {
  readonly #log: (text: string) => void;
  readonly #processes: number;
  /** By their index. */
  readonly #serving = new Map<number, Child>();
  readonly #retired = new Set<Child>();
  /** Of the next generation. */
  #coming: readonly Child[] = [];
  readonly #end = Promise.withResolvers<number>();
  #isEnding = false;
  #isRenewing = false;

  constructor({ log, processes }: GenerationsOptions) {
    this.#log = log;
    this.#processes = processes;
  }

  async run(): Promise<number> {
    const ask = (): void => this.#askToEnd();
    process.on("SIGTERM", ask).on("SIGINT", ask);
    process.on("SIGHUP", () => this.#serving.forEach((child) => child.signal("SIGHUP")));
    process.on("SIGUSR2", () => void this.#renew());
    const first = new Child(0, null, this);
    this.#serving.set(0, first);
    // What is wrong with the command is said once.
    if (await first.isReady(null)) await this.#makeUp();
    return this.#end.promise;
  }

  exited(child: Child, code: number, servedMs: number | null): void {
    this.#retired.delete(child);
    const wasServing = this.#serving.get(child.index) === child;
    if (wasServing) this.#serving.delete(child.index);
    if (this.#isEnding && this.#serving.size === 0 && this.#retired.size === 0) return this.#end.resolve(code);
    if (!wasServing || this.#isEnding) return;
    const isAlone = ![...this.#serving.values()].some(({ serves }) => serves);
    // It has ended by itself, or has never served: then it has said why.
    if (isAlone && (code === 0 || servedMs === null)) return this.#end.resolve(code);
    this.#log(`a process that served is gone (${code}); another one begins`);
    setTimeout(() => void this.#makeUp(), (servedMs ?? 0) < SETTLED_MS ? PAUSE_MS : 0);
  }

  asks(child: Child, id: number, topic: string, question: unknown): void {
    const others = [...this.#serving.values()].filter((one) => one !== child && one.serves);
    const asked = this.#serving.get(child.index) === child ? others : [];
    void Promise.all(asked.map((one) => one.ask(topic, question, ANSWER_MS))).then((answers) =>
      child.send({ says: "answers", id, answers: answers.filter((answer) => answer !== undefined) }),
    );
  }

  /** Begins those that are missing, if no others are about to begin. */
  async #makeUp(): Promise<void> {
    const state = await this.#state();
    if (this.#isEnding || this.#isRenewing) return;
    for (let index = 0; index < this.#processes; index += 1)
      if (!this.#serving.has(index)) this.#serving.set(index, new Child(index, state, this));
  }

  /** What an operator has changed, as one that serves knows it; `null`: nobody does. */
  async #state(): Promise<unknown> {
    const one = [...this.#serving.values()].find(({ serves }) => serves);
    return (await one?.ask(STATE_TOPIC, null, ANSWER_MS)) ?? null;
  }

  async #renew(): Promise<void> {
    if (this.#isEnding || this.#isRenewing) return;
    this.#isRenewing = true;
    this.#log("SIGUSR2: a new process begins to serve");
    const next = await this.#begin(await this.#state());
    if (next !== null) this.#replaceBy(next);
    if (this.#isEnding) return this.#askToEnd();
    this.#isRenewing = false;
    if (this.#serving.size < this.#processes) await this.#makeUp();
  }

  /** A new generation, once all of it serves; `null`: it does not. */
  async #begin(state: unknown): Promise<readonly Child[] | null> {
    this.#coming = [];
    for (let index = 0; index < this.#processes && !this.#isEnding; index += 1) {
      const child = new Child(index, state, this);
      this.#coming = [...this.#coming, child];
      if (!(await child.isReady(READY_MS))) break;
    }
    const next = this.#coming;
    this.#coming = [];
    if (next.length === this.#processes && next.every(({ serves }) => serves)) return next;
    for (const child of next) child.signal("SIGKILL");
    this.#log("SIGUSR2: the new process does not serve; everything stays as it was");
    return null;
  }

  #replaceBy(next: readonly Child[]): void {
    const old = [...this.#serving.values()];
    for (const child of next) this.#serving.set(child.index, child);
    for (const child of old) {
      this.#retired.add(child);
      child.send({ says: "retire" });
    }
    const pids = (all: readonly Child[]): string => all.map(({ pid }) => pid).join(", ");
    this.#log(`SIGUSR2: ${pids(next)} took over; requests at ${pids(old)} may end`);
  }

  /** A terminal sends SIGINT to all processes at once: a second one would end them at once. */
  #askToEnd(): void {
    this.#isEnding = true;
    const left = [...this.#retired, ...this.#coming, ...this.#serving.values()];
    if (left.length === 0) this.#end.resolve(0);
    for (const child of left) child.signal("SIGTERM");
  }
}
