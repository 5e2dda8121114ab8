import type { ChildProcess } from "node:child_process";
import { sendSignal } from "../../src/host/processes.ts";

/** As fast as a service manager of the system starts something again. */
const RESTART_MS = 50;
/** What ends sooner than that after its start is started again after as long, so that a mistake does not keep the machine busy. */
const TOO_SHORT_MS = 1000;

/** A process that is started again whenever it ends, unless it is kept down. */
export class Supervised {
  readonly #start: () => ChildProcess;
  #child: ChildProcess | null = null;
  #wanted = false;

  /** `start` is called whenever it shall run again. */
  constructor(start: () => ChildProcess) {
    this.#start = start;
  }

  /** `null` while it is down. */
  get pid(): number | null {
    return this.#child?.pid ?? null;
  }

  start(): void {
    this.#wanted = true;
    if (this.#child !== null) return;
    const child = this.#start();
    const startedAtMs = performance.now();
    this.#child = child;
    child.once("exit", () => {
      this.#child = null;
      const isTooShort = performance.now() - startedAtMs < TOO_SHORT_MS;
      setTimeout(() => this.#wanted && this.start(), isTooShort ? TOO_SHORT_MS : RESTART_MS);
    });
  }

  /** From now on it is not started again once it has ended. */
  keepDown(): void {
    this.#wanted = false;
  }

  /** Asks it to end and waits; after `withinMs` it is ended for good. */
  async stop(signal: "SIGINT" | "SIGTERM", withinMs: number): Promise<void> {
    this.keepDown();
    const child = this.#child;
    if (child?.pid === undefined) return;
    const { pid } = child;
    const ended = new Promise((resolve) => child.once("exit", resolve));
    sendSignal(pid, "SIGCONT");
    sendSignal(pid, signal);
    const timer = setTimeout(() => sendSignal(pid, "SIGKILL"), withinMs);
    await ended;
    clearTimeout(timer);
  }
}
