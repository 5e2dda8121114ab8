import type { BlockList, Socket } from "node:net";
import type { AccessLog } from "./access-log.ts";
import type { Origin } from "./forwarded.ts";
import type { Limits } from "./limits.ts";
import type { RequestHead } from "./request-head.ts";
import type { ResponseHead } from "./response-head.ts";
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
  closed(client: Connection): void;
  /** The client goes on in HTTP/2, of which the first bytes wait in the socket. */
  speaksHttp2(client: Connection, socket: Socket, origin: Origin): void;
}

/** A connection of a client, which may carry several requests. */
export interface Connection {
  /** Ends what takes too long. */
  sweep(nowMs: number): void;
  /** Closes it if no request is under way. */
  leave(): void;
  /** Tells the client, as soon as it can be told without a loss, to come back by another connection. */
  retire(): void;
  destroy(): void;
}

/** Whoever has sent one request and wants its response. */
export interface Client {
  /** Where it comes from. */
  readonly address: string;
  /** Takes a response, in the client's version of HTTP. */
  respond(): Response;
  /** An interim response (`103`). */
  inform(head: ResponseHead): void;
  /** What follows a `101`; `false`: wait until it is told that the client has taken it. */
  write(part: Buffer): boolean;
  /** The server has said all that it will after a `101`. */
  endHalf(): void;
  /** Sends no more of the request for now. */
  pause(): void;
  resume(): void;
  /** It is slow to take the response. */
  awaitDrain(): void;
  /** The response of `server` is complete. */
  finished(keepsAlive: boolean, status: number, server: string): void;
  /** Is answered by the proxy itself. `isRead`: the request was read to its end. */
  refuse(status: number, text: string, isRead: boolean): void;
  /** What was begun cannot be completed: the client must see that. */
  cut(): void;
}

/** A response on its way to a client. */
export interface Response {
  /** 0: none has begun. */
  readonly status: number;
  /** Whether the client's connection may carry another request afterwards. */
  readonly keepsAlive: boolean;
  /** `isRead`: all of the request has been read. `more`: fields of our own. */
  begin(head: ResponseHead, request: RequestHead, isRead: boolean, more: string): void;
  /** Agrees to a WebSocket: what follows is not HTTP. */
  upgrade(head: ResponseHead): void;
  /** A part of the body as the server frames it, which may be empty; `false`: wait until the client has taken it. */
  write(bytes: Buffer, from: number, to: number, isLast: boolean): boolean;
}
