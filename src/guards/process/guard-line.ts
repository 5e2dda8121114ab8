import type { Socket } from "node:net";
import { Failure } from "../../lib/failure.ts";
import { lineReader, type GuardAnswer, type GuardAsk } from "./protocol.ts";

/** A guard that does not answer for twice that long cannot be relied upon. */
const HALF_DEADLINE_MS = 500;

interface Waiting {
  readonly resolve: (answer: GuardAnswer) => void;
  readonly reject: (error: Failure) => void;
}

/** What happens on a line without being asked for. */
export interface GuardLineEvents {
  /** Every answer, also those that were not asked for. */
  readonly heard: (answer: GuardAnswer) => void;
  /** A question was not answered in time. */
  readonly silent: () => void;
  readonly closed: () => void;
}

/** One connection to the guard's program: questions with numbers, answered in any order. */
export class GuardLine {
  readonly #socket: Socket;
  readonly #events: GuardLineEvents;
  readonly #waiting = new Map<number, Waiting>();
  #seq = 0;

  constructor(socket: Socket, events: GuardLineEvents) {
    this.#socket = socket;
    this.#events = events;
    socket.setEncoding("utf8");
    socket.on(
      "data",
      lineReader((line) => this.#hear(JSON.parse(line) as GuardAnswer)),
    );
    socket.on("error", () => undefined);
    socket.once("close", () => this.#close());
  }

  /** The guard's answer; rejects with a `Failure` when it refuses, does not answer in time, or is gone. */
  ask(question: GuardAsk): Promise<GuardAnswer> {
    const seq = ++this.#seq;
    return new Promise((resolve, reject) => {
      if (this.#socket.destroyed) return reject(new Failure("The guard cannot be reached; it is being restarted"));
      this.#waiting.set(seq, { resolve, reject });
      this.#socket.write(`${JSON.stringify({ ...question, seq })}\n`);
      this.#expect(seq);
    });
  }

  end(): void {
    this.#socket.destroy();
  }

  /** In two halves: if it was we who were stopped, the second one leaves time to read what had come meanwhile. */
  #expect(seq: number): void {
    const late = (): void => {
      if (!this.#waiting.has(seq)) return;
      this.#settle(seq)?.reject(new Failure(`The guard has not answered within ${2 * HALF_DEADLINE_MS} ms`));
      this.#events.silent();
    };
    const half = (): void => {
      if (this.#waiting.has(seq)) setTimeout(late, HALF_DEADLINE_MS).unref();
    };
    setTimeout(half, HALF_DEADLINE_MS).unref();
  }

  #hear(answer: GuardAnswer): void {
    this.#events.heard(answer);
    const waiting = this.#settle(answer.seq);
    if (answer.refused === null) waiting?.resolve(answer);
    else waiting?.reject(new Failure(answer.refused));
  }

  #settle(seq: number): Waiting | undefined {
    const waiting = this.#waiting.get(seq);
    this.#waiting.delete(seq);
    return waiting;
  }

  #close(): void {
    for (const seq of this.#waiting.keys())
      this.#settle(seq)?.reject(new Failure("The guard has gone before it answered; it is being restarted"));
    this.#events.closed();
  }
}
