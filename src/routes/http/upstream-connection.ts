import { connect, type Socket } from "node:net";
import type { Address } from "../../config/config.ts";
import { KEEP_ALIVE_MS } from "../proxy/dial.ts";
import { BodyReader } from "./body-reader.ts";
import { readResponseHead, type ResponseHead } from "./response-head.ts";

/**
 * How an attempt ended without a response. `unsent`: no byte of the request has reached the server.
 * `lost`: it may have been carried out. `bad`: it was answered with something that is not HTTP.
 */
export type AttemptFailure = "unsent" | "lost" | "bad";

/** Whoever has a request carried out on a connection. */
export interface Requester {
  readonly method: string;
  /** The answer takes longer than answers of this server usually do. Told again and again. */
  overdue(connection: UpstreamConnection, nowMs: number): void;
  /** The connection stands: the request is to be written now. */
  connected(connection: UpstreamConnection): void;
  /** A response begins. `false`: it has to wait until {@link UpstreamConnection.proceed}. */
  answered(connection: UpstreamConnection, head: ResponseHead): boolean;
  /** A part of its body (the first may be empty), which is only lent: it is overwritten afterwards. */
  body(connection: UpstreamConnection, bytes: Buffer, from: number, to: number, isLast: boolean): void;
  /** What follows a `101`. */
  tunnelled(connection: UpstreamConnection, bytes: Buffer): void;
  /** The server has closed its half of what follows a `101`. */
  tunnelEnded(connection: UpstreamConnection): void;
  drained(connection: UpstreamConnection): void;
  /** No response will come. */
  failed(connection: UpstreamConnection, failure: AttemptFailure, because: string): void;
  /** The response has begun and will not end. */
  broken(connection: UpstreamConnection, because: string): void;
}

/** Who owns the connections to a server. */
export interface ConnectionOwner {
  /** The response has ended and the connection is free. */
  freed(connection: UpstreamConnection): void;
  /** Something has been heard of the server. */
  heard(): void;
  /** A response has begun. */
  answered(connection: UpstreamConnection): void;
  closed(connection: UpstreamConnection): void;
}

/** All reads of all connections go through it, one after the other. */
const READ = Buffer.allocUnsafeSlow(64 * 1024);
const NOTHING = Buffer.alloc(0);
const MAX_HEAD_BYTES = 60 * 1024;
const LIKELY_HEAD_BYTES = 2048;

/** A connection to a server, which carries one request after another. */
export class UpstreamConnection {
  readonly socket: Socket;
  /** When it was made or became free. */
  idleSinceMs = 0;
  /** How long the server promises to keep it; 0: it does not say. */
  keepAliveMs = 0;
  /** When the present request was given to it. */
  startedAtMs = 0;
  /** Whether it carries a request. */
  isBusy = false;
  isConnected = false;
  isReused = false;
  /** Whether anything of the present request was written. */
  isBegun = false;
  /** Whether all of the present request was written. */
  isSent = false;
  /** Whether the present response has begun. */
  isAnswered = false;
  isClosed = false;
  readonly #owner: ConnectionOwner;
  #requester: Requester | null = null;
  #early: Buffer = NOTHING;
  #body: BodyReader | null = null;
  #isTunnel = false;
  #isWaiting = false;
  #mayStay = false;
  #error = "the server closed the connection";

  constructor(address: Address, owner: ConnectionOwner) {
    this.#owner = owner;
    this.socket = connect({
      host: address.host,
      port: address.port,
      allowHalfOpen: true,
      noDelay: true,
      keepAlive: true,
      keepAliveInitialDelay: KEEP_ALIVE_MS,
      onread: { buffer: READ, callback: (count) => this.#read(READ, count) },
    });
    this.socket.once("connect", () => this.#connected());
    this.socket.on("error", (error) => (this.#error = error.message));
    this.socket.once("close", () => this.#close());
    this.socket.once("end", () => this.#ended());
    this.socket.on("drain", () => this.#requester?.drained(this));
  }

  /** Whether somebody waits for a response, or for the rest of one. */
  get isCarrying(): boolean {
    return this.#requester !== null;
  }

  /** Carries out a request; answers come by `requester`. */
  begin(requester: Requester, nowMs: number): void {
    this.#requester = requester;
    this.startedAtMs = nowMs;
    this.isBegun = false;
    this.isSent = false;
    this.isAnswered = false;
    if (this.isConnected) requester.connected(this);
  }

  /** Reminds whoever waits for a response. */
  remind(nowMs: number): void {
    this.#requester?.overdue(this, nowMs);
  }

  /** Writes a part of the request; `false`: wait for `drained`. */
  write(part: string | Buffer): boolean {
    this.isBegun = true;
    return typeof part === "string" ? this.socket.write(part, "latin1") : this.socket.write(part);
  }

  /** Takes up a response that had to wait. */
  proceed(): void {
    this.#isWaiting = false;
    const early = this.#early;
    this.#early = NOTHING;
    this.#takeBody(early, 0, early.length);
    if (!this.isClosed) this.socket.resume();
  }

  /** Nobody wants the response any more. */
  abandon(): void {
    this.#requester = null;
    this.socket.destroy();
  }

  #connected(): void {
    this.isConnected = true;
    this.#requester?.connected(this);
  }

  /** Returns whether to go on reading. */
  #read(bytes: Buffer, count: number): boolean {
    if (this.#requester === null) {
      this.socket.destroy(); // Nobody asked: what it says would be taken for the answer to the next request.
      return false;
    }
    this.#owner.heard();
    if (this.#isTunnel) this.#requester.tunnelled(this, Buffer.from(bytes.subarray(0, count)));
    else if (this.#isWaiting) this.#early = Buffer.concat([this.#early, bytes.subarray(0, count)]);
    else if (this.#body !== null) this.#takeBody(bytes, 0, count);
    else this.#readHead(bytes, count);
    return !this.#isWaiting;
  }

  #readHead(bytes: Buffer, count: number): void {
    let all = bytes;
    let length = count;
    if (this.#early.length > 0) {
      all = Buffer.concat([this.#early, bytes.subarray(0, count)]);
      length = all.length;
      this.#early = NOTHING;
    }
    let text = all.toString("latin1", 0, Math.min(length, LIKELY_HEAD_BYTES));
    let end = text.indexOf("\r\n\r\n");
    if (end < 0 && length > LIKELY_HEAD_BYTES) {
      text = all.toString("latin1", 0, length);
      end = text.indexOf("\r\n\r\n");
    }
    if (end < 0 || end > MAX_HEAD_BYTES) return this.#headIsLong(all, length);
    const head = readResponseHead(text, end, this.#requester?.method ?? "");
    if (typeof head === "string") return this.#fail("bad", head);
    this.#takeHead(head, all, end + 4, length);
  }

  #headIsLong(all: Buffer, length: number): void {
    if (length > MAX_HEAD_BYTES) return this.#fail("bad", "its head has no end");
    this.#early = Buffer.from(all.subarray(0, length));
  }

  #takeHead(head: ResponseHead, bytes: Buffer, from: number, to: number): void {
    const requester = this.#requester;
    if (requester === null) return;
    if (head.status < 200 && head.status !== 101) {
      requester.answered(this, head);
      if (this.#requester === null || from === to) return;
      const rest = Buffer.from(bytes.subarray(from, to));
      return this.#readHead(rest, rest.length);
    }
    this.isAnswered = true;
    this.#owner.answered(this);
    this.keepAliveMs = head.fields.keepAliveMs;
    this.#mayStay = head.keepsAlive;
    this.#body = new BodyReader(head.framing, head.fields.contentLength);
    if (head.status === 101) this.#isTunnel = true;
    if (!requester.answered(this, head)) {
      this.#isWaiting = true;
      this.#early = Buffer.from(bytes.subarray(from, to));
      return;
    }
    if (head.status !== 101) this.#takeBody(bytes, from, to);
    else if (to > from && this.isCarrying) requester.tunnelled(this, Buffer.from(bytes.subarray(from, to)));
  }

  #takeBody(bytes: Buffer, from: number, to: number): void {
    const body = this.#body;
    const requester = this.#requester;
    if (body === null || requester === null) return;
    const end = body.take(bytes, from, to);
    if (body.problem !== "") return this.#break(body.problem);
    if (!body.isDone) return requester.body(this, bytes, from, end, false);
    this.#finish(end === to);
    requester.body(this, bytes, from, end, true);
    if (!this.isClosed && this.#requester === null && this.#mayStay) this.#owner.freed(this);
  }

  /** The response is complete. What stands behind it, nobody asked for. */
  #finish(isClean: boolean): void {
    this.#requester = null;
    this.#body = null;
    this.#mayStay &&= isClean && this.isSent;
    if (!this.#mayStay) this.socket.destroy();
  }

  /** The server has closed its half. */
  #ended(): void {
    const requester = this.#requester;
    if (this.#isTunnel && requester !== null) return requester.tunnelEnded(this);
    if (this.#body?.framing === "close" && requester !== null && !this.#isWaiting) {
      this.#finish(false);
      requester.body(this, NOTHING, 0, 0, true);
    }
    this.socket.destroy();
  }

  #close(): void {
    this.isClosed = true;
    if (this.isAnswered) this.#break(this.#error);
    else this.#fail(this.isBegun ? "lost" : "unsent", this.#error);
    this.#owner.closed(this);
  }

  #fail(failure: AttemptFailure, because: string): void {
    const requester = this.#requester;
    this.#requester = null;
    this.socket.destroy();
    requester?.failed(this, failure, because);
  }

  #break(because: string): void {
    const requester = this.#requester;
    this.#requester = null;
    this.socket.destroy();
    requester?.broken(this, because);
  }
}
