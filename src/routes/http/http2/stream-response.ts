import { constants, type ServerHttp2Stream } from "node:http2";
import { ChunkScanner } from "../chunked.ts";
import type { Response } from "../client.ts";
import type { RequestHead } from "../request-head.ts";
import type { ResponseHead } from "../response-head.ts";
import { toHttp2Fields } from "./heads.ts";

/** Whether something can be said on it: it may have been reset, and not closed yet. */
export function isOpen(stream: ServerHttp2Stream): boolean {
  return !stream.destroyed && !stream.closed && !stream.aborted;
}

/** Writes a server's response to a client that speaks HTTP/2. */
export class StreamResponse implements Response {
  readonly keepsAlive = true;
  status = 0;
  /** Of the body. */
  sentBytes = 0;
  readonly #stream: ServerHttp2Stream;
  readonly #begun: (head: ResponseHead) => void;
  #fields: Record<string, string | string[] | number> | null = null;
  #unchunk: ChunkScanner | null = null;

  /** `begun` is called once the response begins. */
  constructor(stream: ServerHttp2Stream, begun: (head: ResponseHead) => void) {
    this.#stream = stream;
    this.#begun = begun;
  }

  begin(head: ResponseHead, _request: RequestHead, _isRead: boolean, more: string): void {
    this.status = head.status;
    this.#unchunk = head.framing === "chunked" ? new ChunkScanner() : null;
    this.#fields = { ...toHttp2Fields(head.keptUnchunked() + more), ":status": head.status };
    this.#begun(head);
  }

  /** Nobody asks for it: the heads of requests in HTTP/2 have no `Upgrade`. */
  upgrade(head: ResponseHead): void {
    this.status = head.status;
    this.#stream.close(constants.NGHTTP2_INTERNAL_ERROR);
  }

  write(bytes: Buffer, from: number, to: number, isLast: boolean): boolean {
    const stream = this.#stream;
    if (!isOpen(stream)) return true;
    const part = this.#dataOf(bytes, from, to);
    this.sentBytes += part.length;
    this.#respond(isLast && part.length === 0);
    if (!isOpen(stream)) return true;
    const isTaken = part.length === 0 || stream.write(part);
    if (isLast && !stream.writableEnded) stream.end();
    return isTaken;
  }

  #respond(endStream: boolean): void {
    const fields = this.#fields;
    this.#fields = null;
    if (fields === null) return;
    try {
      this.#stream.respond(fields, { endStream });
    } catch {
      // A field that HTTP/2 does not allow, from a server: nobody else shall suffer for it.
      this.#stream.close(constants.NGHTTP2_INTERNAL_ERROR);
    }
  }

  /** A copy: the bytes are only lent. */
  #dataOf(bytes: Buffer, from: number, to: number): Buffer {
    if (this.#unchunk === null) return Buffer.from(bytes.subarray(from, to));
    const parts: Buffer[] = [];
    this.#unchunk.scan(bytes, from, to, (start, end) => void parts.push(bytes.subarray(start, end)));
    return Buffer.concat(parts);
  }
}
