import { get } from "node:http";
import { systemClock } from "../../agent/system-clock.ts";
import type { Address } from "../../config/config.ts";

/** Between two requests. */
const PAUSE_MS = 5;
/** Longer than the proxy holds anybody. */
const PATIENCE_MS = 40_000;

/** Asks for a page again and again, on a new connection each time, and remembers when it was answered, and by whom. */
export class Visitor {
  readonly answeredAtMs: number[] = [];
  /** Requests that were not answered well. */
  failed = 0;
  #last = "";
  #isOver = false;
  readonly #at: Address;

  constructor(at: Address) {
    this.#at = at;
    this.#ask();
  }

  /** The last answer. */
  get last(): string {
    return this.#last;
  }

  stop(): void {
    this.#isOver = true;
  }

  #ask(): void {
    if (this.#isOver) return;
    let isDone = false;
    const done = (isGood: boolean): void => {
      if (isDone) return;
      isDone = true;
      if (isGood) this.answeredAtMs.push(systemClock.nowMs());
      else if (!this.#isOver) this.failed += 1;
      systemClock.after(PAUSE_MS, () => this.#ask());
    };
    const request = get({ ...this.#at, agent: false, timeout: PATIENCE_MS }, (response) => {
      let text = "";
      response.on("data", (part: Buffer) => (text += part.toString()));
      response.on("end", () => {
        this.#last = text.trim();
        done(response.statusCode === 200);
      });
      response.on("error", () => done(false));
    });
    request.on("timeout", () => request.destroy());
    request.on("error", () => done(false));
  }
}
