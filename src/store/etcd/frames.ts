/** What comes before each message of gRPC: a byte that says whether it is compressed (never here), and its length. */
const HEAD_BYTES = 5;

/** A message as it goes over the wire. */
export function framed(message: Uint8Array): Buffer {
  const frame = Buffer.allocUnsafe(HEAD_BYTES + message.length);
  frame[0] = 0;
  frame.writeUInt32BE(message.length, 1);
  frame.set(message, HEAD_BYTES);
  return frame;
}

/** Finds the messages in what comes over the wire, in pieces of any size. */
export class Frames {
  #pieces: Buffer[] = [];
  #bytes = 0;

  /** The messages that are complete now. */
  push(piece: Buffer): readonly Buffer[] {
    this.#pieces.push(piece);
    this.#bytes += piece.length;
    const messages: Buffer[] = [];
    for (let length = this.#next(); length !== null; length = this.#next()) {
      messages.push(this.#take(HEAD_BYTES + length).subarray(HEAD_BYTES));
    }
    return messages;
  }

  /** The length of the first message, if all of it is here. */
  #next(): number | null {
    if (this.#bytes < HEAD_BYTES) return null;
    if ((this.#pieces[0]?.length ?? 0) < HEAD_BYTES) this.#pieces = [Buffer.concat(this.#pieces)];
    const length = this.#pieces[0]?.readUInt32BE(1) ?? 0;
    return this.#bytes < HEAD_BYTES + length ? null : length;
  }

  #take(bytes: number): Buffer {
    const all = this.#pieces.length === 1 ? (this.#pieces[0] as Buffer) : Buffer.concat(this.#pieces);
    this.#bytes -= bytes;
    this.#pieces = this.#bytes === 0 ? [] : [all.subarray(bytes)];
    return all.subarray(0, bytes);
  }
}
