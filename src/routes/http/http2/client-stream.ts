import { constants, type ServerHttp2Stream } from "node:http2";
import { entryOf } from "../access-log.ts";
import { refusalOf } from "../admission.ts";
import type { Client, ClientHost } from "../client.ts";
import { errorAnswer } from "../error-page.ts";
import { Exchange } from "../exchange.ts";
import { type Origin, requestText } from "../forwarded.ts";
import { Patience } from "../patience.ts";
import { RequestBody } from "../request-body.ts";
import { isRefusal, type Refusal, type RequestHead } from "../request-head.ts";
import type { ResponseHead } from "../response-head.ts";
import { readHttp2Head, toHttp2Fields } from "./heads.ts";
import { isOpen, StreamResponse } from "./stream-response.ts";

const LAST_CHUNK = Buffer.from("0\r\n\r\n");
const NOTHING = Buffer.alloc(0);

/** One request of a client that speaks HTTP/2. */
export class ClientStream implements Client {
  readonly #stream: ServerHttp2Stream;
  readonly #origin: Origin;
  readonly #host: ClientHost;
  readonly #patience = new Patience("body");
  readonly #beganMs = performance.now();
  #exchange: Exchange | null = null;
  #head: RequestHead | null = null;
  #requestId = "";
  #bodyBytes = 0;
  #response: StreamResponse | null = null;
  /** A response that says when it likes (events) may be silent. */
  #isPatient = false;

  constructor(stream: ServerHttp2Stream, origin: Origin, host: ClientHost) {
    this.#stream = stream;
    this.#origin = origin;
    this.#host = host;
    stream.on("error", () => undefined);
    stream.on("drain", () => this.#drained());
    stream.once("close", () => this.#closed());
  }

  get address(): string {
    return this.#origin.address;
  }

  /** Reads the request and has it carried out. */
  begin(raw: readonly string[]): void {
    const host = this.#host;
    const hasBody = !this.#stream.endAfterHeaders;
    const head = readHttp2Head(raw, hasBody);
    if (isRefusal(head)) return this.#bad(head);
    this.#head = head;
    this.#requestId = head.fields.requestId || host.newId();
    const refusal = refusalOf(head, host);
    if (refusal !== null) return this.#bad(refusal);
    const exchange = this.#exchangeOf(head, hasBody);
    this.#exchange = exchange;
    if (hasBody) this.#readBody(head);
    else this.#patience.wait("answer");
    exchange.start();
  }

  respond(): StreamResponse {
    this.#response = new StreamResponse(this.#stream, ({ fields }) => (this.#isPatient = fields.isEventStream));
    return this.#response;
  }

  inform({ status, kept }: ResponseHead): void {
    if (!this.#stream.headersSent && isOpen(this.#stream))
      this.#stream.additionalHeaders({ ...toHttp2Fields(kept), ":status": status });
  }

  write(part: Buffer): boolean {
    return this.#stream.write(part);
  }

  endHalf(): void {
    this.#stream.end();
  }

  pause(): void {
    this.#stream.pause();
  }

  resume(): void {
    this.#stream.resume();
  }

  awaitDrain(): void {
    this.#patience.wait("drain");
  }

  finished(_keepsAlive: boolean, status: number, server: string): void {
    this.#host.count("requests");
    this.#ended(status, server);
  }

  refuse(status: number, text: string): void {
    this.#host.count("refused");
    this.#answer({ status, text });
  }

  cut(): void {
    if (this.#exchange !== null) this.#log(0, "");
    this.#exchange = null;
    this.#stream.close(constants.NGHTTP2_INTERNAL_ERROR);
  }

  sweep(nowMs: number): void {
    switch (this.#patience.exhausted(nowMs, this.#host.limits)) {
      case "body":
        if (!this.#stream.isPaused()) this.#bad({ status: 408, text: "the body took too long" });
        return;
      case "answer":
        if (this.#exchange?.hasBegun === true && !this.#isPatient) this.cut();
        return;
      case "drain":
        return this.cut();
      default:
    }
  }

  #exchangeOf(head: RequestHead, hasBody: boolean): Exchange {
    const { via, limits } = this.#host;
    const requestId = this.#requestId;
    const text = requestText(head, this.#origin, requestId, via);
    const body = new RequestBody(!hasBody);
    const upstreams = this.#host.upstreamsFor(head);
    const parts = { client: this, upstreams, head, body, requestId, text, answerMs: limits.answerMs };
    return new Exchange(parts, this.#beganMs);
  }

  #readBody({ fields }: RequestHead): void {
    const isChunked = fields.isChunked;
    if (fields.expectsContinue && isOpen(this.#stream)) this.#stream.additionalHeaders({ ":status": 100 });
    this.#stream.on("data", (part: Buffer) => this.#takeBody(part, isChunked));
    this.#stream.once("end", () => this.#endBody(isChunked ? LAST_CHUNK : NOTHING));
  }

  #takeBody(part: Buffer, isChunked: boolean): void {
    this.#bodyBytes += part.length;
    if (this.#bodyBytes > this.#host.limits.bodyBytes) return this.#bad({ status: 413, text: "the body is too long" });
    this.#patience.touch();
    if (part.length > 0) this.#exchange?.takeBody(isChunked ? chunkOf(part) : part, false);
  }

  /** A stream that was reset, or lost its connection, has an end, too, but not of its body: no server may take it for a whole one. */
  #endBody(last: Buffer): void {
    if (!isOpen(this.#stream)) return;
    if (this.#patience.awaits === "body") this.#patience.wait("answer");
    this.#exchange?.takeBody(last, true);
  }

  #drained(): void {
    if (this.#patience.awaits === "drain") this.#patience.wait("answer");
    this.#exchange?.clientDrained();
  }

  #closed(): void {
    this.#patience.wait("nothing");
    const exchange = this.#exchange;
    this.#exchange = null;
    exchange?.abort();
  }

  #bad(refusal: Refusal): void {
    this.#host.count("bad");
    const exchange = this.#exchange;
    exchange?.abort();
    if (exchange?.hasBegun === true) return this.cut();
    this.#answer(refusal);
  }

  #answer({ status, text }: Refusal): void {
    const { fields, method } = this.#head ?? {};
    const asked = { accept: fields?.accept ?? "", requestId: this.#requestId, isHead: method === "HEAD" };
    const [head = "", body = ""] = errorAnswer({ status, text, keepsAlive: true, ...asked }).split("\r\n\r\n");
    if (isOpen(this.#stream) && !this.#stream.headersSent) {
      this.#stream.respond({ ...toHttp2Fields(head.slice(head.indexOf("\r\n"))), ":status": status });
      this.#stream.end(body);
    }
    this.#ended(status, "");
  }

  /** Whatever the client still sends of its request is of no use to anybody. */
  #ended(status: number, server: string): void {
    this.#log(status, server);
    this.#exchange = null;
    this.#patience.wait("drain");
    const stream = this.#stream;
    if (stream.destroyed || stream.readableEnded || stream.endAfterHeaders) return;
    stream.removeAllListeners("data").removeAllListeners("end").resume();
    stream.once("finish", () => stream.close(constants.NGHTTP2_NO_ERROR));
  }

  #log(status: number, server: string): void {
    const asked = { client: this.address, head: this.#head, requestId: this.#requestId, beganMs: this.#beganMs };
    this.#host.accessLog?.add(entryOf(asked, { status, server, sentBytes: this.#response?.sentBytes ?? 0 }));
  }
}

function chunkOf(part: Buffer): Buffer {
  return Buffer.concat([Buffer.from(`${part.length.toString(16)}\r\n`), part, Buffer.from("\r\n")]);
}
