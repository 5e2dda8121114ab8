import type { Holdable } from "../proxy/hold-queue.ts";
import type { Client, Response } from "./client.ts";
import type { RequestBody } from "./request-body.ts";
import { isIdempotent, type RequestHead } from "./request-head.ts";
import type { ResponseHead } from "./response-head.ts";
import type { AttemptFailure, Requester, UpstreamConnection } from "./upstream-connection.ts";
import type { Upstream } from "./upstream.ts";
import type { Upstreams } from "./upstreams.ts";

/** How often a request that may have been carried out is carried out at most: it might be what ends the servers. */
const MAX_SENT = 3;
/** Answers that another server may not give. */
const WRONG = new Set([500, 502, 503, 504]);

interface Attempt {
  readonly upstream: Upstream;
  readonly connection: UpstreamConnection;
}

/** What one request needs besides itself. */
export interface ExchangeParts {
  readonly client: Client;
  readonly upstreams: Upstreams;
  readonly head: RequestHead;
  readonly body: RequestBody;
  readonly requestId: string;
  /** The head as servers get it. */
  readonly text: string;
  readonly answerMs: number;
}

/**
 * One request, from its head to the end of its response. It may be tried on several servers, one after the other or beside
 * each other, until the first response begins to go to the client.
 */
export class Exchange implements Requester, Holdable {
  readonly arrivedAtMs: number;
  readonly method: string;
  /** The servers that it was tried on since it was last held. */
  readonly tried: Upstream[] = [];
  readonly #parts: ExchangeParts;
  readonly #mayBeRepeated: boolean;
  #attempts: Attempt[] = [];
  /** The one whose response goes to the client. */
  #winner: Attempt | null = null;
  /** A response that says that its server failed: it waits for a better one. */
  #reserve: { readonly attempt: Attempt; readonly head: ResponseHead } | null = null;
  #sent = 0;
  /** A kept connection turned out to be closed: the next one is made anew. */
  #wantsNew = false;
  readonly #response: Response;
  #bound: string | null = null;
  #isOver = false;

  constructor(parts: ExchangeParts, arrivedAtMs: number) {
    this.#parts = parts;
    this.arrivedAtMs = arrivedAtMs;
    this.method = parts.head.method;
    this.#mayBeRepeated = isIdempotent(parts.head.method);
    this.#response = parts.client.respond();
  }

  /** Who asks. */
  get client(): string {
    return this.#parts.client.address;
  }

  /** The server that it asks for by a cookie; empty: none. */
  get bound(): string {
    const { upstreams, head } = this.#parts;
    return (this.#bound ??= upstreams.sticky?.askedFor(head.kept) ?? "");
  }

  /** Whether a response has begun to go to the client. */
  get hasBegun(): boolean {
    return this.#winner !== null;
  }

  start(): void {
    this.#parts.upstreams.place(this);
  }

  /** Carries it out there, beside what is under way already. */
  tryOn(upstream: Upstream): void {
    const nowMs = performance.now();
    this.tried.push(upstream);
    const connection = upstream.take(nowMs, this.#wantsNew ? "new" : this.#mayBeRepeated ? "any" : "fresh");
    this.#attempts.push({ upstream, connection });
    this.#parts.upstreams.began();
    connection.begin(this, nowMs);
  }

  connected(connection: UpstreamConnection): void {
    const { body, text, client } = this.#parts;
    this.#sent += 1;
    connection.isSent = body.isComplete;
    connection.write(text);
    for (const part of body.parts) connection.write(part);
    body.written();
    if (!body.isComplete) client.resume();
  }

  /** More of the request's body has come. */
  takeBody(part: Buffer, isLast: boolean): void {
    const { body, client } = this.#parts;
    body.add(part, isLast);
    let isTaken = false;
    for (const { connection } of this.#attempts) {
      if (!connection.isBegun || connection.isClosed) continue;
      isTaken = true;
      if (isLast) connection.isSent = true;
      if (!connection.write(part)) client.pause();
    }
    if (isTaken) body.written();
    else if (body.isFull) client.pause();
  }

  overdue(connection: UpstreamConnection, nowMs: number): void {
    const { upstreams, answerMs, head } = this.#parts;
    if (nowMs - connection.startedAtMs > answerMs) return this.#lateAnswer(connection);
    if (this.#reserve !== null) return this.#settle();
    if (!this.#mayBeRepeated || this.#isOver || this.#winner !== null) return;
    const running = this.#attempts.map(({ upstream }) => upstream);
    if (running.length > 1 || head.isUpgrade || !this.#parts.body.isComplete || !this.#parts.body.isWhole) return;
    const other = upstreams.good(running, this);
    if (other === undefined || this.#sent >= MAX_SENT || !upstreams.budget.spend()) return;
    other.counters.hedged += 1;
    this.tryOn(other);
  }

  answered(connection: UpstreamConnection, head: ResponseHead): boolean {
    if (head.status < 200 && head.status !== 101) {
      if (head.status === 103 && !this.#parts.head.isHttp10 && this.#winner === null) this.#parts.client.inform(head);
      return true;
    }
    const attempt = this.#attempts.find((one) => one.connection === connection);
    if (attempt === undefined) return true;
    if (head.status === 101 && !this.#parts.head.isUpgrade) {
      connection.abandon();
      this.failed(connection, "bad", "it changes to a protocol that nobody asked for");
      return true;
    }
    if (WRONG.has(head.status) && this.#seeksBetter(attempt, head)) return false;
    this.#win(attempt, head);
    return true;
  }

  body(connection: UpstreamConnection, bytes: Buffer, from: number, to: number, isLast: boolean): void {
    const isTaken = this.#response.write(bytes, from, to, isLast);
    if (isLast) this.#end();
    else if (!isTaken) {
      connection.socket.pause();
      this.#parts.client.awaitDrain();
    }
  }

  /** The client takes more. */
  clientDrained(): void {
    this.#winner?.connection.socket.resume();
  }

  drained(): void {
    this.#parts.client.resume();
  }

  tunnelled(connection: UpstreamConnection, bytes: Buffer): void {
    if (this.#parts.client.write(bytes)) return;
    connection.socket.pause();
    this.#parts.client.awaitDrain();
  }

  tunnelEnded(): void {
    this.#parts.client.endHalf();
  }

  /** What the client says after a `101`. */
  takeTunnel(bytes: Buffer): void {
    if (this.#winner?.connection.write(bytes) === false) this.#parts.client.pause();
  }

  clientEndedHalf(): void {
    this.#winner?.connection.socket.end();
  }

  failed(connection: UpstreamConnection, failure: AttemptFailure, because: string): void {
    const attempt = this.#leave(connection);
    if (attempt === null || this.#isOver) return;
    this.#blame(attempt, failure, because);
    if (this.#winner !== null || this.#attempts.some((one) => one !== this.#reserve?.attempt)) return;
    if (this.#reserve !== null) return this.#settle();
    if (this.#mayTryAgain(failure)) return this.#parts.upstreams.again(this, this.tried);
    const what = failure === "bad" ? "gave no proper answer" : "ended the connection before it answered";
    this.#refuse(502, `The server ${what}. Whether it did what was asked is not known.`);
  }

  broken(connection: UpstreamConnection, because: string): void {
    const attempt = this.#leave(connection);
    if (attempt === null || this.#isOver) return;
    if (this.#reserve?.attempt === attempt) this.#reserve = null;
    if (this.#winner !== attempt) return;
    if (this.#parts.head.isUpgrade) return this.#end();
    this.#parts.upstreams.note(attempt.upstream, "lost", because);
    this.#over(() => this.#parts.client.cut());
  }

  /** It has waited for as long as it may, or there is no room to wait. */
  waitedInVain(): void {
    if (!this.#isOver) this.#refuse(503, "No server can serve this at the moment. Try again soon.");
  }

  /** The client is gone, or is told something else. */
  abort(): void {
    if (this.#isOver) return;
    this.#parts.upstreams.forget(this);
    this.#over(() => undefined);
  }

  /** Whether another server is asked because this one says that it failed. */
  #seeksBetter(attempt: Attempt, head: ResponseHead): boolean {
    const { upstreams, body } = this.#parts;
    if (!this.#mayBeRepeated || this.#reserve !== null || !body.isComplete || !body.isWhole) return false;
    const isAlone = this.#attempts.length === 1;
    const other = isAlone && this.#sent < MAX_SENT ? upstreams.good(this.tried, this) : undefined;
    if (isAlone && (other === undefined || !upstreams.budget.spend())) return false;
    this.#reserve = { attempt, head };
    if (other !== undefined) this.tryOn(other);
    return true;
  }

  /** Nothing better has come. */
  #settle(): void {
    const reserve = this.#reserve;
    if (reserve === null) return;
    this.#reserve = null;
    this.#win(reserve.attempt, reserve.head);
    reserve.attempt.connection.proceed();
  }

  #win(attempt: Attempt, head: ResponseHead): void {
    this.#winner = attempt;
    if (!WRONG.has(head.status)) this.#praise(attempt);
    for (const other of this.#attempts) if (other !== attempt) this.#dismiss(other, attempt);
    this.#attempts = [attempt];
    if (head.status === 101) this.#response.upgrade(head);
    else this.#response.begin(head, this.#parts.head, this.#parts.body.isComplete, this.#bindingTo(attempt));
  }

  #bindingTo({ upstream }: Attempt): string {
    return this.#parts.upstreams.sticky?.fieldFor(upstream.name, this.bound) ?? "";
  }

  /** It has answered well; one that has answered the same request with an error has not. */
  #praise({ upstream }: Attempt): void {
    const { upstreams } = this.#parts;
    upstreams.answeredWell(upstream);
    if (this.#reserve === null) return;
    const { attempt, head } = this.#reserve;
    upstreams.note(attempt.upstream, "wrong", `it answers ${head.status}, others do not`);
  }

  /** Another one was faster. If nothing at all was heard of a server meanwhile, that speaks against it. */
  #dismiss({ upstream, connection }: Attempt, winner: Attempt): void {
    const { upstreams } = this.#parts;
    const isSilent = !connection.isAnswered && upstream.lastHeardAtMs < connection.startedAtMs;
    if (isSilent && connection.startedAtMs < winner.connection.startedAtMs)
      upstreams.note(upstream, "silent", "it does not answer, others do");
    connection.abandon();
    upstreams.ended();
  }

  #end(): void {
    const server = this.#winner?.upstream.name ?? "";
    const { keepsAlive, status } = this.#response;
    this.#over(() => this.#parts.client.finished(keepsAlive, status, server));
  }

  #refuse(status: number, text: string): void {
    const { body } = this.#parts;
    this.#over(() => this.#parts.client.refuse(status, text, body.isComplete));
  }

  #over(then: () => void): void {
    this.#isOver = true;
    for (const { connection } of this.#attempts) {
      if (connection.isCarrying) connection.abandon();
      this.#parts.upstreams.ended();
    }
    this.#attempts = [];
    then();
  }

  #leave(connection: UpstreamConnection): Attempt | null {
    const attempt = this.#attempts.find((one) => one.connection === connection);
    if (attempt === undefined) return null;
    this.#attempts = this.#attempts.filter((one) => one !== attempt);
    this.#parts.upstreams.ended();
    return attempt;
  }

  /** A connection that was kept for too long says nothing about its server, nor about the request, but it is worth a look. */
  #blame({ upstream, connection }: Attempt, failure: AttemptFailure, because: string): void {
    const { upstreams } = this.#parts;
    if (failure === "unsent" && !connection.isReused) upstreams.note(upstream, "refused", because);
    else if (failure !== "unsent" && !connection.isReused) upstreams.note(upstream, "lost", because);
    else upstreams.doubt(upstream);
    const at = this.tried.lastIndexOf(upstream);
    if (!connection.isReused || at < 0) return;
    this.tried.splice(at, 1);
    this.#wantsNew = true;
    this.#sent -= 1;
  }

  #mayTryAgain(failure: AttemptFailure): boolean {
    const { body, upstreams } = this.#parts;
    if (!body.isWhole) return false;
    if (failure === "unsent") return true;
    return this.#mayBeRepeated && this.#sent < MAX_SENT && upstreams.budget.spend();
  }

  #lateAnswer(connection: UpstreamConnection): void {
    const attempt = this.#leave(connection);
    if (attempt === null || this.#isOver) return;
    this.#parts.upstreams.note(attempt.upstream, "lost", "it did not answer in time");
    connection.abandon();
    if (this.#attempts.length > 0) return;
    this.#refuse(504, "The server did not answer in time. Whether it did what was asked is not known.");
  }
}
