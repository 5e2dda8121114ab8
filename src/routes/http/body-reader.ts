import { ChunkScanner } from "./chunked.ts";
import type { Framing } from "./response-head.ts";

/** Finds where a message's body ends. */
export class BodyReader {
  readonly framing: Framing;
  readonly #chunks: ChunkScanner | null;
  #left: number;
  /** All bytes of it so far. */
  readBytes = 0;

  constructor(framing: Framing, contentLength: number) {
    this.framing = framing;
    this.#left = framing === "length" ? contentLength : 0;
    this.#chunks = framing === "chunked" ? new ChunkScanner() : null;
  }

  get isDone(): boolean {
    if (this.framing === "close") return false;
    return this.#chunks === null ? this.#left === 0 : this.#chunks.isDone;
  }

  /** Empty: nothing is wrong. */
  get problem(): string {
    return this.#chunks?.problem ?? "";
  }

  /** Takes what belongs to the body of `bytes` from `from` to `to`; returns where that ends. See {@link ChunkScanner.scan}. */
  take(bytes: Buffer, from: number, to: number, data: ((start: number, end: number) => void) | null = null): number {
    let end = to;
    if (this.#chunks !== null) end = this.#chunks.scan(bytes, from, to, data);
    else if (this.framing !== "close") {
      end = Math.min(to, from + this.#left);
      this.#left -= end - from;
    }
    this.readBytes += end - from;
    return end;
  }
}
