/** Called with the type byte of each message, when its head has been read; for those of one byte, with that byte. */
export type OnMessage = (type: number, only: number) => void;

const HEAD_BYTES = 5;

/**
 * Follows the messages of one direction of PostgreSQL's protocol (a type, a length, a body) through
 * chunks that are cut anywhere. It reads the heads and skips the bodies; nothing is copied.
 */
export class Frames {
  readonly #then: OnMessage;
  readonly #head = Buffer.alloc(HEAD_BYTES);
  #have = 0;
  #skip = 0;
  /** The type of a message of one byte whose byte is still to come. */
  #single = 0;
  #isBroken = false;

  constructor(then: OnMessage) {
    this.#then = then;
  }

  /** Whether the last byte ended a message. Never, once the stream made no sense. */
  get isBetweenMessages(): boolean {
    return this.#have === 0 && this.#skip === 0 && this.#single === 0 && !this.#isBroken;
  }

  read(chunk: Buffer, from = 0): void {
    let at = from;
    while (at < chunk.length && !this.#isBroken) {
      if (this.#skip > 0) at = this.#skipBody(chunk, at);
      else if (this.#single !== 0) this.#finishSingle(chunk[at++] ?? 0);
      else if (this.#have === 0 && chunk.length - at >= HEAD_BYTES) at = this.#begin(chunk, at);
      else at = this.#collectHead(chunk, at);
    }
  }

  #skipBody(chunk: Buffer, at: number): number {
    const bytes = Math.min(this.#skip, chunk.length - at);
    this.#skip -= bytes;
    return at + bytes;
  }

  #begin(chunk: Buffer, at: number): number {
    const type = chunk[at] ?? 0;
    const bodyBytes = chunk.readInt32BE(at + 1) - 4;
    if (bodyBytes < 0) this.#isBroken = true;
    else if (bodyBytes === 1) this.#single = type;
    else {
      this.#skip = bodyBytes;
      this.#then(type, 0);
    }
    return at + HEAD_BYTES;
  }

  #finishSingle(byte: number): void {
    const type = this.#single;
    this.#single = 0;
    this.#then(type, byte);
  }

  #collectHead(chunk: Buffer, at: number): number {
    const bytes = chunk.copy(this.#head, this.#have, at, Math.min(chunk.length, at + HEAD_BYTES - this.#have));
    this.#have += bytes;
    if (this.#have === HEAD_BYTES) {
      this.#have = 0;
      this.#begin(this.#head, 0);
    }
    return at + bytes;
  }
}
