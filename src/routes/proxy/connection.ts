import type { Socket } from "node:net";
import type { Address } from "../../config/config.ts";
import type { Target } from "./choice.ts";
import { Conversation } from "./conversation.ts";
import { dial } from "./dial.ts";
import { EarlyBytes } from "./early-bytes.ts";
import { endGently } from "./end-gently.ts";
import {
  ADMIN_SHUTDOWN,
  CANNOT_CONNECT_NOW,
  errorCode,
  fatalError,
  isPartOfError,
  TERMINATE,
} from "./postgres-messages.ts";
import { refuse } from "./refuse.ts";

/** What a connection tells the port that it came in at. */
export interface ConnectionEvents {
  /** Enough is known to choose a member. */
  readonly ready: (connection: Connection) => void;
  /** The member did not take it, and the client has noticed nothing: choose again. `null`: it was taken back. */
  readonly returned: (connection: Connection, target: Target, because: string | null) => void;
  /** Asked once the member answers: `false` when the client must wait for another one after all. */
  readonly mayJoin: (target: Target) => boolean;
  /** The member has answered. */
  readonly joined: (connection: Connection, target: Target) => void;
  /** It has left its member for good, or its client has gone. `wasDrained`: it was ended while it had no work under way. */
  readonly closed: (connection: Connection, wasDrained: boolean) => void;
}

/**
 * One client, and the member that serves it.
 *
 * - `opening`: the client's first bytes are to come
 * - `waiting`: they are there, a member is to be chosen
 * - `dialling`: a member is being connected
 * - `greeting`: it is connected and has answered nothing yet; the client could still go to another one
 * - `joined`: bytes go both ways
 * - `closed`: the port has done with it
 */
type State = "opening" | "waiting" | "dialling" | "greeting" | "joined" | "closed";

export class Connection {
  readonly client: Socket;
  readonly arrivedAtMs: number;
  readonly #events: ConnectionEvents;
  /** `null`: the protocol is none that the proxy knows. */
  readonly conversation: Conversation | null;
  readonly early = new EarlyBytes();
  state: State = "opening";
  /** The member that serves it or shall do so; `null` while there is none. */
  target: Target | null = null;
  #upstream: Socket | null = null;
  #isDraining: string | null = null;
  #hasClientEnded = false;
  /** The beginning of an error with which a server may have refused it. */
  #refusal: Buffer | null = null;

  constructor(client: Socket, speaksPostgres: boolean, arrivedAtMs: number, events: ConnectionEvents) {
    this.client = client;
    this.arrivedAtMs = arrivedAtMs;
    this.#events = events;
    this.conversation = speaksPostgres ? new Conversation() : null;
    client.on("data", (chunk: Buffer) => this.#fromClient(chunk));
    client.on("drain", () => this.#upstream?.resume());
    client.on("end", () => this.#clientEnded());
    client.on("error", () => undefined);
    client.on("close", (isError) => this.#clientClosed(isError));
    if (!speaksPostgres) process.nextTick(() => this.#becomeReady());
  }

  /** Connects it to a member. Only while it waits. */
  join(target: Target, address: Address): void {
    this.target = target;
    this.state = "dialling";
    this.#upstream = dial(address, {
      connected: () => this.#greet(),
      failed: (because) => this.#return(because),
    });
  }

  /** The member may serve it no longer. A client that has not been answered yet waits for the next one. */
  cut(text: string): void {
    if (this.state === "dialling" || this.state === "greeting") return this.#return(null);
    if (this.state !== "joined") return;
    this.#upstream?.destroy();
    this.#endClient(this.conversation?.isIdle ? fatalError(ADMIN_SHUTDOWN, text) : null);
  }

  /** Lets work under way end, then closes with `text` as the reason; at once when there is none. `null`: it may stay after all. */
  drain(text: string | null): void {
    if (text !== null && (this.state === "dialling" || this.state === "greeting")) return this.#return(null);
    this.#isDraining = text;
    this.#closeIfIdle();
  }

  /** Ends it with an error that the client can read, as far as it speaks PostgreSQL's protocol. */
  refuse(sqlState: string, message: string, hint: string): void {
    this.#close();
    refuse(this.client, this.conversation, fatalError(sqlState, message, hint));
  }

  /** The client gets nothing more. Used for what is no session, like a request to cancel. */
  release(): void {
    this.#close();
  }

  #fromClient(chunk: Buffer): void {
    this.conversation?.fromClient(chunk);
    if (this.state !== "joined") {
      this.early.add(chunk);
      if (this.early.isFull) this.client.pause();
    }
    if (this.state === "joined" || this.state === "greeting") this.#toUpstream(chunk);
    else if (this.state === "opening" && this.conversation?.opening) this.#becomeReady();
  }

  #becomeReady(): void {
    if (this.state !== "opening") return;
    this.state = "waiting";
    this.#events.ready(this);
  }

  #toUpstream(chunk: Buffer): void {
    if (!this.#upstream?.write(chunk)) this.client.pause();
  }

  #greet(): void {
    const upstream = this.#upstream;
    if (upstream === null) return;
    if (this.conversation === null && this.#isTakenBack()) return;
    this.state = "greeting";
    upstream.on("data", (chunk: Buffer) => this.#fromUpstream(chunk));
    upstream.on("drain", () => this.state === "joined" && this.client.resume());
    upstream.on("end", () => this.#upstreamEnded());
    upstream.on("error", () => undefined);
    upstream.on("close", () => this.#upstreamEnded());
    const early = this.early.all();
    if (early.length > 0) this.#toUpstream(early);
    if (this.conversation === null) this.#answered();
    if (this.#hasClientEnded) upstream.end();
  }

  #fromUpstream(chunk: Buffer): void {
    if (this.state === "closed") return;
    const bytes = this.state === "greeting" ? this.#firstAnswer(chunk) : chunk;
    if (bytes === null) return;
    this.conversation?.fromServer(bytes);
    if (!this.client.write(bytes)) this.#upstream?.pause();
    if (this.#isDraining !== null) this.#closeIfIdle();
  }

  /** The bytes for the client; `null` when there are none yet, or when the server has sent it away for the moment. */
  #firstAnswer(chunk: Buffer): Buffer | null {
    const bytes = this.#refusal === null ? chunk : Buffer.concat([this.#refusal, chunk]);
    this.#refusal = bytes;
    const hasStarted = this.conversation?.phase === "messages";
    if (hasStarted && isPartOfError(bytes)) return null;
    if (hasStarted && errorCode(bytes) === CANNOT_CONNECT_NOW) {
      this.#return("it is starting or stopping");
      return null;
    }
    // A "no" to encryption only leads to the next opening, which another server could answer as well.
    const goesOn = this.conversation?.phase === "asked" && bytes[0] === 0x4e && bytes.length === 1;
    if (!goesOn && this.#isTakenBack()) return null;
    if (goesOn) this.early.clear();
    else this.#answered();
    this.#refusal = null;
    return bytes;
  }

  #isTakenBack(): boolean {
    const isWelcome = this.target !== null && this.#events.mayJoin(this.target);
    if (!isWelcome) this.#return(null);
    return !isWelcome;
  }

  #answered(): void {
    this.state = "joined";
    this.early.clear();
    this.client.resume();
    if (this.target) this.#events.joined(this, this.target);
  }

  #return(because: string | null): void {
    const target = this.target;
    this.#dropUpstream();
    this.target = null;
    this.state = "waiting";
    this.#refusal = null;
    if (target) this.#events.returned(this, target, because);
  }

  #clientEnded(): void {
    this.#hasClientEnded = true;
    if (this.state === "joined") this.#upstream?.end();
    else if (this.state !== "closed" && this.conversation !== null) this.client.destroy();
  }

  #clientClosed(isError: boolean): void {
    const upstream = this.#upstream;
    if (this.state === "joined" && !isError && this.#hasClientEnded)
      upstream?.setTimeout(60_000, () => upstream.destroy());
    else upstream?.destroy();
    this.#close();
  }

  #upstreamEnded(): void {
    if (this.state === "greeting" && this.conversation?.phase !== "opaque") this.#return("it closed the connection");
    else if (this.state === "greeting") this.#endClient(null);
    else if (this.state === "joined" && this.#upstream?.destroyed) this.#endClient(null);
    else if (this.state === "joined") this.client.end();
  }

  #closeIfIdle(): void {
    if (this.#isDraining === null || this.state !== "joined" || !this.conversation?.isIdle) return;
    if (this.#upstream !== null) letGo(this.#upstream);
    this.#upstream = null;
    this.#close(true);
    endGently(this.client, fatalError(ADMIN_SHUTDOWN, this.#isDraining));
  }

  #endClient(last: Buffer | null): void {
    this.#close();
    endGently(this.client, last);
  }

  #dropUpstream(): void {
    this.#upstream?.removeAllListeners();
    this.#upstream?.on("error", () => undefined);
    this.#upstream?.destroy();
    this.#upstream = null;
  }

  #close(wasDrained = false): void {
    if (this.state === "closed") return;
    this.state = "closed";
    this.#events.closed(this, wasDrained);
  }
}

/** A switchover is over by then. */
const LET_GO_MS = 250;
const TERMINATE_MS = 1000;

/**
 * Ends an idle session with a server, a moment later: each is a process that needs some milliseconds to end, and during
 * a switchover all of them would do so at the same time, and in the way of the successor.
 */
function letGo(upstream: Socket): void {
  upstream.setTimeout(LET_GO_MS, () => {
    upstream.end(TERMINATE);
    upstream.setTimeout(TERMINATE_MS, () => upstream.destroy());
  });
}
