import { performServerHandshake, type ServerHttp2Session, type ServerHttp2Stream } from "node:http2";
import type { Socket } from "node:net";
import type { ClientHost, Connection } from "../client.ts";
import type { Origin } from "../forwarded.ts";
import { Patience } from "../patience.ts";
import { ClientStream } from "./client-stream.ts";

/** So many requests a connection may have under way; browsers ask for a hundred. */
const STREAMS = 128;
/** How much of a request's body may be on its way, a stream and a connection. */
const STREAM_WINDOW = 256 * 1024;
const CONNECTION_WINDOW = 1024 * 1024;
/** A client that has sent nothing for so long is hardly about to send something in the moment in which it is told to go. */
const QUIET_MS = 50;
/** One that is never quiet is told so much later. It learns by the last request that was taken which ones it may repeat (RFC 9113, 6.8). */
const PATIENCE_MS = 2000;

/** A client's connection in HTTP/2. */
export class ClientSession implements Connection {
  readonly #socket: Socket;
  readonly #session: ServerHttp2Session;
  readonly #host: ClientHost;
  readonly #origin: Origin;
  readonly #streams = new Set<ClientStream>();
  readonly #patience = new Patience("request");
  #retiringSinceMs: number | null = null;
  #lastStreamAtMs = 0;

  constructor(socket: Socket, origin: Origin, host: ClientHost) {
    this.#socket = socket;
    this.#host = host;
    this.#origin = origin;
    this.#session = performServerHandshake(socket, {
      settings: {
        maxConcurrentStreams: STREAMS,
        initialWindowSize: STREAM_WINDOW,
        maxHeaderListSize: host.limits.headBytes,
      },
      maxSessionInvalidFrames: 100,
      // A server's answer is passed on as it is, also one that says a thing twice.
      strictSingleValueFields: false,
    });
    this.#session.setLocalWindowSize(CONNECTION_WINDOW);
    this.#session.on("error", () => undefined);
    this.#session.once("close", () => this.#closed());
    this.#session.on("stream", (stream, _headers, _flags, raw: readonly string[]) => this.#begin(stream, raw));
    if (host.isLeaving) this.retire();
  }

  sweep(nowMs: number): void {
    // All is said, and the client does not hang up.
    if (this.#session.destroyed) this.#socket.destroy();
    for (const stream of this.#streams) stream.sweep(nowMs);
    if (this.#streams.size === 0 && this.#patience.exhausted(nowMs, this.#host.limits) !== "nothing") this.leave();
  }

  /** What is under way goes on to its end. */
  leave(): void {
    this.#session.close();
  }

  retire(): void {
    if (this.#retiringSinceMs !== null || this.#session.closed) return;
    this.#retiringSinceMs = performance.now();
    this.#leaveOnceQuiet(this.#retiringSinceMs);
  }

  destroy(): void {
    this.#session.destroy();
    this.#socket.destroy();
  }

  #begin(stream: ServerHttp2Stream, raw: readonly string[]): void {
    const client = new ClientStream(stream, this.#origin, this.#host);
    this.#streams.add(client);
    this.#lastStreamAtMs = performance.now();
    this.#patience.wait("nothing");
    stream.once("close", () => {
      this.#streams.delete(client);
      if (this.#streams.size === 0) this.#patience.wait("request");
    });
    client.begin(raw);
  }

  #leaveOnceQuiet(sinceMs: number): void {
    const nowMs = performance.now();
    const isQuiet = this.#streams.size === 0 && nowMs - this.#lastStreamAtMs > QUIET_MS;
    if (isQuiet || nowMs - sinceMs > PATIENCE_MS) this.leave();
    else setTimeout(() => this.#leaveOnceQuiet(sinceMs), QUIET_MS).unref();
  }

  #closed(): void {
    this.#patience.wait("nothing");
    this.#host.closed(this);
  }
}
