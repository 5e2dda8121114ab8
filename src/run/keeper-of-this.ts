import cluster from "node:cluster";
import type { Keeper } from "../routes/keeper.ts";
import { INDEX_VARIABLE, type Message, STATE_VARIABLE } from "./messages.ts";

type Answer = (question: unknown) => unknown;

/** Whoever keeps this process; `null`: nobody does. */
export function keeperOfThis(): Keeper | null {
  if (!cluster.isWorker) return null;
  const index = Number(process.env[INDEX_VARIABLE]);
  const given = process.env[STATE_VARIABLE] ?? "";
  delete process.env[STATE_VARIABLE];
  return new KeptBy(index, given === "" ? null : JSON.parse(given));
}

class KeptBy implements Keeper {
  readonly index: number;
  readonly state: unknown;
  readonly retired: Promise<void>;
  readonly #answers = new Map<string, Answer>();
  readonly #asked = new Map<number, (answers: readonly unknown[]) => void>();
  #questions = 0;

  constructor(index: number, state: unknown) {
    this.index = index;
    this.state = state;
    const retired = Promise.withResolvers<void>();
    this.retired = retired.promise;
    process.on("message", (message: Message) => {
      if (message.says === "retire") retired.resolve();
      if (message.says === "ask") void this.#answer(message.id, message.topic, message.question);
      if (message.says === "answers") this.#answered(message.id, message.answers);
    });
  }

  ready(): void {
    send({ says: "ready" });
  }

  answer(topic: string, how: Answer): void {
    this.#answers.set(topic, how);
  }

  ask(topic: string, question: unknown): Promise<readonly unknown[]> {
    const id = (this.#questions += 1);
    send({ says: "ask", id, topic, question });
    return new Promise((resolve) => this.#asked.set(id, resolve));
  }

  async #answer(id: number, topic: string, question: unknown): Promise<void> {
    // What cannot be done here (a server that this process does not know) is done by the others all the same.
    const answered = Promise.resolve(question)
      .then(this.#answers.get(topic))
      .catch(() => null);
    send({ says: "answer", id, answer: (await answered) ?? null });
  }

  #answered(id: number, answers: readonly unknown[]): void {
    this.#asked.get(id)?.(answers);
    this.#asked.delete(id);
  }
}

function send(message: Message): void {
  if (process.connected) process.send?.(message, undefined, undefined, () => undefined);
}
