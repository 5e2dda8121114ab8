import cluster, { type Worker } from "node:cluster";
import { INDEX_VARIABLE, type Message, STATE_VARIABLE } from "./messages.ts";

/** What a process that serves does that whoever keeps it must know. */
export interface ChildEvents {
  /** `servedMs`: for how long it has served; `null`: it never has. */
  exited(child: Child, code: number, servedMs: number | null): void;
  /** It wants to know something from the others. */
  asks(child: Child, id: number, topic: string, question: unknown): void;
}

/** A process that serves, as whoever keeps it sees it. */
export class Child {
  /** The how manieth of its generation it is. */
  readonly index: number;
  readonly #worker: Worker;
  readonly #waiting = new Map<number, (answer: unknown) => void>();
  readonly #ready = Promise.withResolvers<boolean>();
  #servesSinceMs: number | null = null;
  #questions = 0;

  /** Starts one, which finds `state` in what it is given. */
  constructor(index: number, state: unknown, events: ChildEvents) {
    this.index = index;
    const given = state === null ? "" : JSON.stringify(state);
    this.#worker = cluster.fork({ [STATE_VARIABLE]: given, [INDEX_VARIABLE]: String(index) });
    this.#worker.on("message", (message: Message) => this.#hear(message, events));
    this.#worker.once("exit", (code: number | null) => {
      this.#ready.resolve(false);
      for (const answer of this.#waiting.values()) answer(undefined);
      const since = this.#servesSinceMs;
      this.#servesSinceMs = null;
      events.exited(this, code ?? 1, since === null ? null : performance.now() - since);
    });
  }

  get pid(): number | undefined {
    return this.#worker.process.pid;
  }

  /** Whether it listens. */
  get serves(): boolean {
    return this.#servesSinceMs !== null;
  }

  /** Resolves with whether it serves within that time; `null`: however long it takes. */
  async isReady(withinMs: number | null): Promise<boolean> {
    if (withinMs === null) return this.#ready.promise;
    const late = setTimeout(() => this.#ready.resolve(false), withinMs);
    return this.#ready.promise.finally(() => clearTimeout(late));
  }

  /** Its answer; `undefined`: it gives none in time. */
  ask(topic: string, question: unknown, withinMs: number): Promise<unknown> {
    const id = (this.#questions += 1);
    const { promise, resolve } = Promise.withResolvers<unknown>();
    const late = setTimeout(() => resolve(undefined), withinMs);
    this.#waiting.set(id, resolve);
    this.send({ says: "ask", id, topic, question });
    return promise.finally(() => {
      clearTimeout(late);
      this.#waiting.delete(id);
    });
  }

  send(message: Message): void {
    if (this.#worker.isConnected()) this.#worker.send(message, () => undefined);
  }

  signal(signal: NodeJS.Signals): void {
    this.#worker.process.kill(signal);
  }

  #hear(message: Message, events: ChildEvents): void {
    if (message.says === "ready") {
      this.#servesSinceMs ??= performance.now();
      this.#ready.resolve(true);
    } else if (message.says === "answer") this.#waiting.get(message.id)?.(message.answer);
    else if (message.says === "ask") events.asks(this, message.id, message.topic, message.question);
  }
}
