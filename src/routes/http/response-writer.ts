import type { Response } from "./client.ts";
import { ChunkScanner } from "./chunked.ts";
import type { ClientConnection } from "./client-connection.ts";
import type { RequestHead } from "./request-head.ts";
import type { ResponseHead } from "./response-head.ts";

/** Up to here head and body go out as one piece of text: that costs less than two writes. */
const SMALL_BYTES = 16 * 1024;

/** Writes a server's response to the client, as the client understands it. */
export class ResponseWriter implements Response {
  keepsAlive = false;
  status = 0;
  readonly #client: ClientConnection;
  /** Waits for the first part of the body, which may be here already. */
  #headText = "";
  #unchunk: ChunkScanner | null = null;

  constructor(client: ClientConnection) {
    this.#client = client;
  }

  begin(head: ResponseHead, request: RequestHead, isRead: boolean, more: string): void {
    const isUnchunked = request.isHttp10 && head.framing === "chunked";
    const hasEnd = head.framing !== "close" && !isUnchunked;
    this.status = head.status;
    this.keepsAlive = request.keepsAlive && hasEnd && isRead && !this.#client.isLeaving;
    this.#unchunk = isUnchunked ? new ChunkScanner() : null;
    const kept = isUnchunked ? head.keptUnchunked() : head.kept;
    this.#headText = `${head.line}${kept}${more}${connectionField(this.keepsAlive, request.isHttp10)}\r\n`;
    if (head.fields.isEventStream) this.#client.isPatient = true;
  }

  upgrade(head: ResponseHead): void {
    this.status = head.status;
    this.#client.write(`${head.line}${head.kept}Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n`);
    this.#client.becomeTunnel();
  }

  write(bytes: Buffer, from: number, to: number): boolean {
    const text = this.#headText;
    this.#headText = "";
    if (this.#unchunk !== null) return this.#writeUnchunked(this.#unchunk, text, bytes, from, to);
    if (to - from <= SMALL_BYTES) return this.#client.write(text + bytes.toString("latin1", from, to));
    if (text !== "") this.#client.write(text);
    return this.#client.write(Buffer.from(bytes.subarray(from, to)));
  }

  #writeUnchunked(scanner: ChunkScanner, text: string, bytes: Buffer, from: number, to: number): boolean {
    let out = text;
    scanner.scan(bytes, from, to, (start, end) => (out += bytes.toString("latin1", start, end)));
    return out === "" || this.#client.write(out);
  }
}

function connectionField(keepsAlive: boolean, isHttp10: boolean): string {
  if (!keepsAlive) return "Connection: close\r\n";
  return isHttp10 ? "Connection: keep-alive\r\n" : "";
}
