import type { ChildProcess } from "node:child_process";
import { Failure, messageOf } from "../../src/lib/failure.ts";

interface Waiting {
  readonly resolve: (answer: unknown) => void;
  readonly reject: (error: Error) => void;
}

/** The answer to the request with the same `id`. */
type Reply = { readonly id: number; readonly answer: unknown } | { readonly id: number; readonly error: string };

/** Questions to another process of ours, over the channel to it; it answers with {@link answerCalls}. */
export class ProcessCalls<Request extends { readonly do: string }, Answers extends Record<Request["do"], unknown>> {
  readonly #child: ChildProcess;
  readonly #name: string;
  readonly #waiting = new Map<number, Waiting>();
  #lastId = 0;

  constructor(child: ChildProcess, name: string) {
    this.#child = child;
    this.#name = name;
    child.on("message", (reply: Reply) => this.#settle(reply));
    child.on("exit", () => this.#fail(`The process of the ${name} ended.`));
  }

  /** Rejects with a {@link Failure} when the other process fails at it, or has ended. */
  ask<R extends Request>(request: R): Promise<Answers[R["do"]]> {
    this.#lastId += 1;
    const id = this.#lastId;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve: resolve as Waiting["resolve"], reject });
      if (!this.#child.connected) return this.#fail(`The process of the ${this.#name} has ended.`);
      this.#child.send({ id, request });
    });
  }

  end(): void {
    this.#child.kill("SIGKILL");
  }

  #settle(reply: Reply): void {
    const waiting = this.#waiting.get(reply.id);
    this.#waiting.delete(reply.id);
    if ("error" in reply) waiting?.reject(new Failure(reply.error));
    else waiting?.resolve(reply.answer);
  }

  #fail(why: string): void {
    for (const { reject } of this.#waiting.values()) reject(new Failure(why));
    this.#waiting.clear();
  }
}

/** Answers the questions of the process that started this one, and ends with it. */
export function answerCalls(answer: (request: never) => Promise<unknown>): void {
  const reply = (message: Reply): unknown => process.send?.(message);
  process.on("disconnect", () => process.exit(0));
  process.on("SIGINT", () => undefined);
  process.on("message", ({ id, request }: { id: number; request: unknown }) => {
    answer(request as never).then(
      (value) => reply({ id, answer: value }),
      (error: unknown) => reply({ id, error: messageOf(error) }),
    );
  });
}
