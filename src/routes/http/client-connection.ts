import type { Socket } from "node:net";
import { TLSSocket } from "node:tls";
import { endGently } from "../proxy/end-gently.ts";
import { BodyReader } from "./body-reader.ts";
import { refusalOf } from "./admission.ts";
import { errorAnswer } from "./error-page.ts";
import { Exchange } from "./exchange.ts";
import { entryOf } from "./access-log.ts";
import type { Client, ClientHost, Connection } from "./client.ts";
import { type Origin, requestText } from "./forwarded.ts";
import { Patience } from "./patience.ts";
import { RequestBody } from "./request-body.ts";
import { isRefusal, readRequestHead, type Refusal, type RequestHead } from "./request-head.ts";
import type { ResponseHead } from "./response-head.ts";
import { ResponseWriter } from "./response-writer.ts";

const HTTP2_PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/** A client's connection: reads its requests one after another, and writes their responses. */
export class ClientConnection implements Client, Connection {
  /** A response that says when it likes (events) may be silent. */
  isPatient = false;
  readonly #socket: Socket;
  readonly #host: ClientHost;
  readonly #origin: Origin;
  #beganMs = 0;
  #writtenBytes = 0;
  #early: Buffer | null = null;
  #exchange: Exchange | null = null;
  #head: RequestHead | null = null;
  #reader: BodyReader | null = null;
  #requestId = "";
  #isTunnel = false;
  #isHalfClosed = false;
  #isEnding = false;
  readonly #patience = new Patience("request");

  constructor(socket: Socket, origin: Origin, host: ClientHost) {
    this.#socket = socket;
    this.#host = host;
    this.#origin = origin;
    socket.on("data", (bytes: Buffer) => this.#take(bytes));
    socket.on("drain", () => this.#drained());
    socket.on("error", () => undefined);
    socket.once("end", () => this.#endedHalf());
    socket.once("close", () => this.#closed());
  }

  get address(): string {
    return this.#origin.address;
  }

  get isLeaving(): boolean {
    return this.#host.isLeaving;
  }

  respond(): ResponseWriter {
    return new ResponseWriter(this);
  }

  inform({ line, kept }: ResponseHead): void {
    this.write(`${line}${kept}\r\n`);
  }

  /** Writes a part of a response; `false`: wait until it is told that the client has taken it. */
  write(part: string | Buffer): boolean {
    this.#patience.touch();
    return typeof part === "string" ? this.#socket.write(part, "latin1") : this.#socket.write(part);
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    if (this.#isTunnel || this.#early === null) this.#socket.resume();
  }

  awaitDrain(): void {
    this.#patience.wait("drain");
  }

  finished(keepsAlive: boolean, status: number, server: string): void {
    this.#host.count("requests");
    this.#log(status, server);
    this.#exchange = null;
    this.isPatient = false;
    if (!keepsAlive || this.#isHalfClosed) return this.#end();
    this.#next();
  }

  refuse(status: number, text: string, isRead: boolean): void {
    this.#host.count("refused");
    this.#answer({ status, text }, isRead && this.#head?.keepsAlive === true && !this.isLeaving);
  }

  cut(): void {
    if (this.#exchange !== null) this.#log(0, "");
    if (this.#socket instanceof TLSSocket) this.#socket.destroy();
    else this.#socket.resetAndDestroy();
  }

  becomeTunnel(): void {
    this.#isTunnel = true;
    this.#patience.wait("nothing");
    const early = this.#early;
    this.#early = null;
    if (early !== null) this.#exchange?.takeTunnel(early);
    this.#socket.resume();
  }

  endHalf(): void {
    this.#socket.end();
  }

  leave(): void {
    if (this.#exchange === null && !this.#isEnding) this.#end();
  }

  /** The response to its next request tells it. */
  retire(): void {}

  destroy(): void {
    this.#socket.destroy();
  }

  sweep(nowMs: number): void {
    switch (this.#patience.exhausted(nowMs, this.#host.limits)) {
      case "request":
        return this.#end();
      case "head":
        return this.#bad({ status: 408, text: "the request took too long" });
      case "body":
        if (!this.#socket.isPaused()) this.#bad({ status: 408, text: "the body took too long" });
        return;
      case "answer":
        if (this.#exchange?.hasBegun === true && !this.isPatient) this.cut();
        return;
      case "drain":
        this.#socket.destroy();
        return;
      case "nothing":
    }
  }

  #take(bytes: Buffer): void {
    if (this.#isEnding) return;
    if (this.#isTunnel) this.#exchange?.takeTunnel(bytes);
    else if (this.#exchange === null) this.#readHead(bytes);
    else if (this.#reader !== null) this.#readBody(bytes, 0);
    else this.#keep(bytes);
  }

  /** What comes before the present request has its response has to wait. */
  #keep(bytes: Buffer): void {
    this.#early = this.#early === null ? bytes : Buffer.concat([this.#early, bytes]);
    this.#socket.pause();
  }

  #takeEarly(): void {
    const early = this.#early;
    if (early === null || this.#isEnding || this.#exchange !== null) return;
    this.#early = null;
    this.#socket.resume();
    this.#readHead(early);
  }

  #readHead(bytes: Buffer): void {
    const all = this.#early === null ? bytes : Buffer.concat([this.#early, bytes]);
    this.#early = null;
    const { headBytes } = this.#host.limits;
    const text = all.toString("latin1", 0, Math.min(all.length, headBytes));
    if (text.startsWith(HTTP2_PREFACE)) return this.#changeToHttp2(all);
    const from = text.startsWith("\r\n") ? 2 : 0;
    const end = text.indexOf("\r\n\r\n", from);
    if (end < 0) return this.#headIsLong(all, text);
    const head = readRequestHead(text.slice(from), end - from);
    if (isRefusal(head)) return this.#bad(head);
    this.#begin(head, all, end + 4);
  }

  /** The client knows beforehand that it is spoken here. */
  #changeToHttp2(bytes: Buffer): void {
    this.#isEnding = true;
    for (const event of ["data", "drain", "error", "end", "close"]) this.#socket.removeAllListeners(event);
    this.#socket.pause();
    this.#socket.unshift(bytes);
    this.#host.speaksHttp2(this, this.#socket, this.#origin);
  }

  #headIsLong(all: Buffer, text: string): void {
    if (all.length >= this.#host.limits.headBytes) return this.#bad({ status: 431, text: "the head is too long" });
    if (hasBareLineEnd(text)) return this.#bad({ status: 400, text: "lines end with CR and LF" });
    this.#early = all;
    if (this.#patience.awaits !== "head" && all.length > 0) this.#patience.wait("head");
  }

  #begin(head: RequestHead, bytes: Buffer, bodyFrom: number): void {
    const { limits, via } = this.#host;
    const upstreams = this.#host.upstreamsFor(head);
    this.#head = head;
    this.#beganMs = performance.now();
    this.#writtenBytes = this.#socket.bytesWritten;
    this.#requestId = head.fields.requestId || this.#host.newId();
    const refusal = refusalOf(head, this.#host);
    if (refusal !== null) return this.#bad(refusal);
    this.#reader = readerOf(head);
    const body = new RequestBody(this.#reader === null);
    const parts = {
      client: this,
      upstreams,
      head,
      body,
      requestId: this.#requestId,
      text: requestText(head, this.#origin, this.#requestId, via),
    };
    const exchange = new Exchange({ ...parts, answerMs: limits.answerMs }, this.#beganMs);
    this.#exchange = exchange;
    this.#patience.wait(this.#reader === null ? "answer" : "body");
    if (this.#reader === null && bodyFrom < bytes.length) this.#keep(bytes.subarray(bodyFrom));
    if (this.#reader !== null && head.fields.expectsContinue && !head.isHttp10 && bodyFrom === bytes.length)
      this.write("HTTP/1.1 100 Continue\r\n\r\n");
    if (this.#reader !== null && bodyFrom < bytes.length) this.#readBody(bytes, bodyFrom);
    if (this.#exchange === exchange) exchange.start();
  }

  #readBody(bytes: Buffer, from: number): void {
    const reader = this.#reader;
    if (reader === null) return;
    const end = reader.take(bytes, from, bytes.length);
    if (reader.problem !== "") return this.#bad({ status: 400, text: reader.problem });
    if (reader.readBytes > this.#host.limits.bodyBytes) return this.#bad({ status: 413, text: "the body is too long" });
    if (reader.isDone) this.#reader = null;
    this.#patience.wait(reader.isDone ? "answer" : "body");
    this.#exchange?.takeBody(bytes.subarray(from, end), reader.isDone);
    if (end < bytes.length) this.#keep(bytes.subarray(end));
  }

  #drained(): void {
    if (this.#patience.awaits === "drain") this.#patience.wait(this.#isTunnel ? "nothing" : "answer");
    this.#exchange?.clientDrained();
  }

  /** The client has said all that it will. It may still want its answer; half a request gets none. */
  #endedHalf(): void {
    this.#isHalfClosed = true;
    if (this.#isTunnel) this.#exchange?.clientEndedHalf();
    else if (this.#exchange === null || this.#reader !== null) this.#socket.destroy();
  }

  #closed(): void {
    this.#isEnding = true;
    this.#exchange?.abort();
    this.#exchange = null;
    this.#host.closed(this);
  }

  /** Not to be trusted any further: it is told what is wrong, and the connection ends. */
  #bad(refusal: Refusal): void {
    this.#host.count("bad");
    const hasBegun = this.#exchange?.hasBegun === true;
    this.#exchange?.abort();
    if (hasBegun) return this.cut();
    this.#answer(refusal, false);
  }

  #answer({ status, text }: Refusal, keepsAlive: boolean): void {
    const accept = this.#head?.fields.accept ?? "";
    const isHead = this.#head?.method === "HEAD";
    this.write(errorAnswer({ status, text, accept, requestId: this.#requestId, keepsAlive, isHead }));
    this.#log(status, "");
    this.#exchange = null;
    if (!keepsAlive) return this.#end();
    this.#next();
  }

  #next(): void {
    this.#head = null;
    this.#requestId = "";
    this.#patience.wait("request");
    if (this.#early !== null) setImmediate(() => this.#takeEarly());
    else this.#socket.resume();
  }

  #log(status: number, server: string): void {
    const sentBytes = this.#socket.bytesWritten - this.#writtenBytes;
    const asked = { client: this.address, head: this.#head, requestId: this.#requestId, beganMs: this.#beganMs };
    this.#host.accessLog?.add(entryOf(asked, { status, server, sentBytes }));
  }

  #end(): void {
    this.#isEnding = true;
    this.#patience.wait("nothing");
    endGently(this.#socket);
  }
}

function readerOf({ fields }: RequestHead): BodyReader | null {
  if (fields.isChunked) return new BodyReader("chunked", 0);
  return fields.contentLength > 0 ? new BodyReader("length", fields.contentLength) : null;
}

/** Some servers would take it for the end of a line, and see other fields than we do. */
function hasBareLineEnd(text: string): boolean {
  return /(?:^|[^\r])\n|\r(?!\n|$)/.test(text);
}
