import { copyFile, stat, truncate } from "node:fs/promises";
import type { Clock } from "../lib/clock.ts";

/** As much is kept of it, and as much again of what came before. */
const LARGEST_BYTES = 64 * 1024 * 1024;

const LOOK_MS = 60_000;

/**
 * Keeps a server's log from filling the disk. The server holds the file open and appends to it, so it is copied to `.1`
 * and cut to nothing in place; what is written in that moment may be lost. A failure costs only that it goes on growing.
 */
export class BoundedOutput {
  readonly #file: string;
  readonly #clock: Clock;
  readonly #largestBytes: number;
  #nextLookAtMs = 0;

  constructor(file: string, clock: Clock, largestBytes: number = LARGEST_BYTES) {
    this.#file = file;
    this.#clock = clock;
    this.#largestBytes = largestBytes;
  }

  /** Looks every minute, however often it is called; resolves when it has. */
  async look(): Promise<void> {
    const nowMs = this.#clock.nowMs();
    if (nowMs < this.#nextLookAtMs) return;
    this.#nextLookAtMs = nowMs + LOOK_MS;
    const size = await stat(this.#file).then(
      (found) => found.size,
      () => 0,
    );
    if (size > this.#largestBytes) await this.#turn().catch(() => undefined);
  }

  async #turn(): Promise<void> {
    await copyFile(this.#file, `${this.#file}.1`);
    await truncate(this.#file);
  }
}
