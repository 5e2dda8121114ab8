import { readFields } from "./fields.ts";

/** A chunk's size in hexadecimal digits: what is longer is no size. */
const MAX_DIGITS = 12;
/** Extensions mean nothing to anybody; a body may spend so many bytes on them and on trailers. */
const MAX_SPARE_BYTES = 8192;
/** What may not be said after the body: it would change what the body is, or who asks. */
const FORBIDDEN =
  /(?:^|\n)(?:transfer-encoding|content-length|host|connection|trailer|te|upgrade|authorization|cookie|set-cookie|content-encoding|content-type|content-range|via|x[-_]forwarded[-_][a-z]+):/i;

type State = "size" | "extension" | "size-end" | "data" | "data-cr" | "data-lf" | "trailer";

const CR = 13;
const LF = 10;

/** Finds the end of a chunked body, byte for byte as RFC 9112 writes it: anything else is a problem, never a guess. */
export class ChunkScanner {
  isDone = false;
  /** Empty: nothing is wrong. */
  problem = "";
  #state: State = "size";
  #left = 0;
  #digits = 0;
  #spareBytes = 0;
  #trailer = "";

  /**
   * Looks at `bytes` from `from` to `to`; returns where the body ends in them. `data` is told where the
   * chunks' contents are, for whoever takes them out.
   */
  scan(bytes: Buffer, from: number, to: number, data: ((start: number, end: number) => void) | null): number {
    let at = from;
    while (at < to && !this.isDone && this.problem === "") {
      if (this.#state === "data") {
        const end = Math.min(to, at + this.#left);
        data?.(at, end);
        this.#left -= end - at;
        at = end;
        if (this.#left === 0) this.#state = "data-cr";
      } else {
        this.#step(bytes[at] ?? 0);
        at += 1;
      }
    }
    return at;
  }

  #step(byte: number): void {
    switch (this.#state) {
      case "size":
        return this.#size(byte);
      case "extension":
        return this.#extension(byte);
      case "size-end":
        return byte === LF ? this.#sized() : this.#fail("a chunk's size has no end");
      case "data-cr":
        if (byte !== CR) this.#fail("a chunk is longer than its size");
        this.#state = "data-lf";
        return;
      case "data-lf":
        if (byte !== LF) this.#fail("a chunk is longer than its size");
        this.#state = "size";
        return;
      default:
        return this.#trailing(byte);
    }
  }

  #size(byte: number): void {
    const digit = digitOf(byte);
    if (digit >= 0) {
      this.#left = this.#left * 16 + digit;
      this.#digits += 1;
      if (this.#digits > MAX_DIGITS) this.#fail("a chunk's size is too long");
    } else if (this.#digits === 0) this.#fail("a chunk has no size");
    else if (byte === CR) this.#state = "size-end";
    else if (byte === 59 || byte === 32 || byte === 9) this.#state = "extension";
    else this.#fail("a chunk's size is no number");
  }

  #extension(byte: number): void {
    if (byte === CR) this.#state = "size-end";
    else if ((byte < 32 && byte !== 9) || byte === 127) this.#fail("a chunk's extension is malformed");
    this.#spare();
  }

  #sized(): void {
    this.#digits = 0;
    this.#state = this.#left > 0 ? "data" : "trailer";
  }

  #trailing(byte: number): void {
    this.#trailer += String.fromCharCode(byte);
    this.#spare();
    if (byte !== LF || !(this.#trailer === "\r\n" || this.#trailer.endsWith("\r\n\r\n"))) return;
    const fields = this.#trailer.slice(0, -2);
    const { problem } = readFields(fields, 0, fields.length, "request");
    if (problem !== "" || FORBIDDEN.test(fields)) this.#fail("a trailer is malformed, or not allowed");
    else this.isDone = true;
  }

  #spare(): void {
    this.#spareBytes += 1;
    if (this.#spareBytes > MAX_SPARE_BYTES) this.#fail("a body has too much besides its data");
  }

  #fail(problem: string): void {
    this.problem ||= problem;
  }
}

function digitOf(byte: number): number {
  if (byte >= 48 && byte <= 57) return byte - 48;
  const letter = byte | 32;
  return letter >= 97 && letter <= 102 ? letter - 87 : -1;
}
