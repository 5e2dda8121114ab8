import { type BlockList, isIP, type Socket } from "node:net";
import { TLSSocket } from "node:tls";
import { endGently } from "../proxy/end-gently.ts";
import type { AccessLog } from "./access-log.ts";
import { BodyReader } from "./body-reader.ts";
import { errorAnswer } from "./error-page.ts";
import { Exchange } from "./exchange.ts";
import type { Fields } from "./fields.ts";
import type { Limits } from "./limits.ts";
import { RequestBody } from "./request-body.ts";
import { isRefusal, readRequestHead, type Refusal, type RequestHead } from "./request-head.ts";
import type { Upstreams } from "./upstreams.ts";

/** What all clients' connections share. */
export interface ClientHost {
  readonly limits: Limits;
  /** The servers that may get a request. */
  upstreamsFor(head: RequestHead): Upstreams;
  /** The name of this very proxy, by which it knows requests that come back to it. */
  readonly via: string;
  readonly isLeaving: boolean;
  /** Proxies in front, whose word about their clients is believed; `null`: none. */
  readonly trusted: BlockList | null;
  readonly accessLog: AccessLog | null;
  newId(): string;
  /** A response has gone out, or an answer of the proxy's own. */
  count(what: "requests" | "refused" | "bad"): void;
  closed(client: ClientConnection): void;
}

/** What the connection waits for, which must not take for ever. */
type Awaits = "request" | "head" | "body" | "answer" | "drain" | "nothing";

/** A client's connection: reads its requests one after another, and writes their responses. */
export class ClientConnection {
  /** A response that says when it likes (events) may be silent. */
  isPatient = false;
  /** Where it comes from. */
  readonly address: string;
  readonly #socket: Socket;
  readonly #host: ClientHost;
  readonly #isTrusted: boolean;
  readonly #proto: "http" | "https";
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
  #awaits: Awaits = "request";
  #sinceMs = performance.now();

  constructor(socket: Socket, host: ClientHost) {
    this.#socket = socket;
    this.#host = host;
    this.address = socket.remoteAddress?.replace(/^::ffff:/, "") ?? "unknown";
    const version = isIP(this.address);
    this.#isTrusted = version !== 0 && host.trusted?.check(this.address, version === 6 ? "ipv6" : "ipv4") === true;
    this.#proto = socket instanceof TLSSocket ? "https" : "http";
    socket.on("data", (bytes: Buffer) => this.#take(bytes));
    socket.on("drain", () => this.#drained());
    socket.on("error", () => undefined);
    socket.once("end", () => this.#endedHalf());
    socket.once("close", () => this.#closed());
  }

  get isLeaving(): boolean {
    return this.#host.isLeaving;
  }

  /** Writes a part of a response; `false`: wait until it is told that the client has taken it. */
  write(part: string | Buffer): boolean {
    this.#sinceMs = performance.now();
    return typeof part === "string" ? this.#socket.write(part, "latin1") : this.#socket.write(part);
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    if (this.#isTunnel || this.#early === null) this.#socket.resume();
  }

  awaitDrain(): void {
    this.#wait("drain");
  }

  /** The response of `server` is complete. */
  finished(keepsAlive: boolean, status: number, server: string): void {
    this.#host.count("requests");
    this.#log(status, server);
    this.#exchange = null;
    this.isPatient = false;
    if (!keepsAlive || this.#isHalfClosed) return this.#end();
    this.#next();
  }

  /** Answers the present request itself. `isRead`: it was read to its end, so another one may follow. */
  refuse(status: number, text: string, isRead: boolean): void {
    this.#host.count("refused");
    this.#answer({ status, text }, isRead && this.#head?.keepsAlive === true && !this.isLeaving);
  }

  /** What was begun cannot be completed: the client must see that. */
  cut(): void {
    if (this.#exchange !== null) this.#log(0, "");
    if (this.#socket instanceof TLSSocket) this.#socket.destroy();
    else this.#socket.resetAndDestroy();
  }

  becomeTunnel(): void {
    this.#isTunnel = true;
    this.#wait("nothing");
    const early = this.#early;
    this.#early = null;
    if (early !== null) this.#exchange?.takeTunnel(early);
    this.#socket.resume();
  }

  /** The server has said all that it will. */
  endHalf(): void {
    this.#socket.end();
  }

  /** Closes it if it has no request under way. */
  leave(): void {
    if (this.#exchange === null && !this.#isEnding) this.#end();
  }

  destroy(): void {
    this.#socket.destroy();
  }

  /** Ends what takes too long. */
  sweep(nowMs: number): void {
    const { headMs, idleMs, stallMs, silenceMs } = this.#host.limits;
    const waitedMs = nowMs - this.#sinceMs;
    if (this.#awaits === "request" && waitedMs > idleMs) this.#end();
    else if (this.#awaits === "head" && waitedMs > headMs)
      this.#bad({ status: 408, text: "the request took too long" });
    else if (this.#awaits === "body" && waitedMs > stallMs && !this.#socket.isPaused())
      this.#bad({ status: 408, text: "the body took too long" });
    else if (this.#awaits === "answer" && waitedMs > silenceMs && this.#exchange?.hasBegun === true && !this.isPatient)
      this.cut();
    else if (this.#awaits === "drain" && waitedMs > stallMs) this.#socket.destroy();
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
    const from = text.startsWith("\r\n") ? 2 : 0;
    const end = text.indexOf("\r\n\r\n", from);
    if (end < 0) return this.#headIsLong(all, text);
    const head = readRequestHead(text.slice(from), end - from);
    if (isRefusal(head)) return this.#bad(head);
    this.#begin(head, all, end + 4);
  }

  #headIsLong(all: Buffer, text: string): void {
    if (all.length >= this.#host.limits.headBytes) return this.#bad({ status: 431, text: "the head is too long" });
    if (hasBareLineEnd(text)) return this.#bad({ status: 400, text: "lines end with CR and LF" });
    if (text.startsWith("PRI * HTTP/2")) return this.#bad({ status: 505, text: "only HTTP/1.1 is spoken here" });
    this.#early = all;
    if (this.#awaits !== "head" && all.length > 0) this.#wait("head");
  }

  #begin(head: RequestHead, bytes: Buffer, bodyFrom: number): void {
    const { limits, via } = this.#host;
    const upstreams = this.#host.upstreamsFor(head);
    this.#head = head;
    this.#beganMs = performance.now();
    this.#writtenBytes = this.#socket.bytesWritten;
    this.#requestId = head.fields.requestId || this.#host.newId();
    if (head.fields.via.includes(via))
      return this.#bad({ status: 508, text: "the request has come back to this proxy" });
    if (head.fields.contentLength > limits.bodyBytes) return this.#bad({ status: 413, text: "the body is too long" });
    this.#reader = readerOf(head);
    const body = new RequestBody(this.#reader === null);
    const parts = { client: this, upstreams, head, body, requestId: this.#requestId, text: this.#textOf(head) };
    const exchange = new Exchange({ ...parts, answerMs: limits.answerMs }, this.#beganMs);
    this.#exchange = exchange;
    this.#wait(this.#reader === null ? "answer" : "body");
    if (this.#reader === null && bodyFrom < bytes.length) this.#keep(bytes.subarray(bodyFrom));
    if (this.#reader !== null && head.fields.expectsContinue && !head.isHttp10 && bodyFrom === bytes.length)
      this.write("HTTP/1.1 100 Continue\r\n\r\n");
    if (this.#reader !== null && bodyFrom < bytes.length) this.#readBody(bytes, bodyFrom);
    if (this.#exchange === exchange) exchange.start();
  }

  #textOf({ method, target, host, kept, isUpgrade, fields }: RequestHead): string {
    const name = host === "" ? `Host: ${this.#socket.localAddress ?? "localhost"}\r\n` : "";
    const id = fields.requestId === "" ? `X-Request-Id: ${this.#requestId}\r\n` : "";
    const upgrade = isUpgrade ? "Connection: Upgrade\r\nUpgrade: websocket\r\n" : "";
    const forwarded = this.#forwarded(fields, host);
    return `${method} ${target} HTTP/1.1\r\n${name}${kept}${forwarded}${id}Via: 1.1 ${this.#host.via}\r\n${upgrade}\r\n`;
  }

  /** Who asks, and how; with what a proxy in front says of it, if that is believed. */
  #forwarded({ forwardedFor, forwardedHost, forwardedProto }: Fields, host: string): string {
    let [by, at, proto]: readonly string[] = [this.address, host, this.#proto];
    if (this.#isTrusted && forwardedFor !== "") by = `${forwardedFor}, ${by}`;
    if (this.#isTrusted) [at, proto] = [forwardedHost || at, forwardedProto || proto];
    return `X-Forwarded-For: ${by}\r\nX-Forwarded-Proto: ${proto}\r\nX-Forwarded-Host: ${at}\r\n`;
  }

  #readBody(bytes: Buffer, from: number): void {
    const reader = this.#reader;
    if (reader === null) return;
    const end = reader.take(bytes, from, bytes.length);
    if (reader.problem !== "") return this.#bad({ status: 400, text: reader.problem });
    if (reader.readBytes > this.#host.limits.bodyBytes) return this.#bad({ status: 413, text: "the body is too long" });
    if (reader.isDone) this.#reader = null;
    this.#wait(reader.isDone ? "answer" : "body");
    this.#exchange?.takeBody(bytes.subarray(from, end), reader.isDone);
    if (end < bytes.length) this.#keep(bytes.subarray(end));
  }

  #drained(): void {
    if (this.#awaits === "drain") this.#wait(this.#isTunnel ? "nothing" : "answer");
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
    this.#wait("request");
    if (this.#early !== null) setImmediate(() => this.#takeEarly());
    else this.#socket.resume();
  }

  #log(status: number, server: string): void {
    const { accessLog } = this.#host;
    if (accessLog === null) return;
    accessLog.add({
      client: this.address,
      method: this.#head?.method ?? "",
      host: this.#head?.host ?? "",
      target: this.#head?.target ?? "",
      status,
      sentBytes: this.#socket.bytesWritten - this.#writtenBytes,
      tookMs: this.#head === null ? 0 : Math.round((performance.now() - this.#beganMs) * 10) / 10,
      server,
      requestId: this.#requestId,
    });
  }

  #end(): void {
    this.#isEnding = true;
    this.#wait("nothing");
    endGently(this.#socket);
  }

  #wait(awaits: Awaits): void {
    this.#awaits = awaits;
    this.#sinceMs = performance.now();
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
