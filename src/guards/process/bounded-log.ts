import { appendFile, rename, stat } from "node:fs/promises";

/** With the one before it, about as much as is kept. */
const MAX_BYTES = 256 * 1024;
/** Lines that wait for a disk that does not answer; more are dropped. */
const MAX_WAITING = 100;

/** Appends lines to a file of bounded size, without ever waiting or failing: what it tells about is more important. */
export class BoundedLog {
  readonly #file: string;
  #waiting = 0;
  #last: Promise<void> = Promise.resolve();

  constructor(file: string) {
    this.#file = file;
  }

  write(text: string): void {
    if (this.#waiting >= MAX_WAITING) return;
    this.#waiting += 1;
    const line = `${new Date().toISOString()} ${text}\n`;
    this.#last = this.#last
      .then(() => this.#append(line))
      .catch(() => undefined)
      .finally(() => (this.#waiting -= 1));
  }

  /** Resolves once all that was written is in the file, or could not be. */
  flushed(): Promise<void> {
    return this.#last;
  }

  async #append(line: string): Promise<void> {
    const size = await stat(this.#file).then(
      (s) => s.size,
      () => 0,
    );
    if (size > MAX_BYTES) await rename(this.#file, `${this.#file}.1`);
    await appendFile(this.#file, line, { mode: 0o600 });
  }
}
