/** So much of a body is kept, so that the request can be tried on another server. */
const KEPT_BYTES = 64 * 1024;

/** The body of a request: what of it has arrived, for as long as another server may need it. */
export class RequestBody {
  isComplete: boolean;
  /** Whether the request can still be written from its beginning. */
  isWhole = true;
  #kept: Buffer[] = [];
  #keptBytes = 0;

  constructor(isComplete: boolean) {
    this.isComplete = isComplete;
  }

  get parts(): readonly Buffer[] {
    return this.#kept;
  }

  /** Whether no more fits in before somebody takes it. */
  get isFull(): boolean {
    return this.#keptBytes > KEPT_BYTES;
  }

  add(part: Buffer, isLast: boolean): void {
    this.isComplete = isLast;
    if (!this.isWhole) return;
    this.#kept.push(part);
    this.#keptBytes += part.length;
  }

  /** All that is there has been written to a server; what is too much to keep is let go. */
  written(): void {
    if (!this.isFull) return;
    this.isWhole = false;
    this.#kept = [];
  }
}
