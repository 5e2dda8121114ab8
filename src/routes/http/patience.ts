import type { Limits } from "./limits.ts";

/** What a client's connection or request waits for, which must not take for ever. */
export type Awaits = "request" | "head" | "body" | "answer" | "drain" | "nothing";

const LIMIT = { request: "idleMs", head: "headMs", body: "stallMs", answer: "silenceMs", drain: "stallMs" } as const;

/** Knows for how long something has been waited for. */
export class Patience {
  #awaits: Awaits;
  #sinceMs = performance.now();

  constructor(awaits: Awaits) {
    this.#awaits = awaits;
  }

  get awaits(): Awaits {
    return this.#awaits;
  }

  wait(awaits: Awaits): void {
    this.#awaits = awaits;
    this.#sinceMs = performance.now();
  }

  /** There is progress. */
  touch(): void {
    this.#sinceMs = performance.now();
  }

  /** What has taken too long; `nothing`: nothing has. */
  exhausted(nowMs: number, limits: Limits): Awaits {
    const awaits = this.#awaits;
    if (awaits === "nothing") return "nothing";
    return nowMs - this.#sinceMs > limits[LIMIT[awaits]] ? awaits : "nothing";
  }
}
