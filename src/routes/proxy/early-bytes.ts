/** More than any opening of PostgreSQL's protocol. */
const MAX_BYTES = 16 * 1024;

/**
 * What the client has sent since the server's last answer, kept until the server answers: so long it can be
 * told to another server as if nothing had been.
 */
export class EarlyBytes {
  #chunks: Buffer[] = [];
  #bytes = 0;

  /** Whether it holds as much as it may: then the client is not read any more. */
  get isFull(): boolean {
    return this.#bytes >= MAX_BYTES;
  }

  add(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#bytes += chunk.length;
  }

  all(): Buffer {
    return this.#chunks.length === 1 ? (this.#chunks[0] ?? Buffer.alloc(0)) : Buffer.concat(this.#chunks);
  }

  clear(): void {
    this.#chunks = [];
    this.#bytes = 0;
  }
}
