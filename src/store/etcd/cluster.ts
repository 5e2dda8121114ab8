import type { EtcdConfig } from "../../config/config.ts";
import { Failure, UnknownOutcome } from "../../lib/failure.ts";
import { explain, LastingFailure } from "./advice.ts";
import { attempt, type Outcome } from "./attempt.ts";
import { isAboutToken, isLasting, isPassing, isRefusal, type CallError } from "./call-error.ts";
import type { Headers } from "./connection.ts";
import { Endpoint } from "./endpoint.ts";
import { firstAnswer } from "./first-answer.ts";
import { Login, WITH_LEADER } from "./login.ts";
import { authenticate, txn, type Method, type TxnRequest, type TxnResponse } from "./methods.ts";
import type { WatchRequest, WatchResponse } from "./methods.ts";
import { Names } from "./names.ts";
import type { Pace } from "./pace.ts";
import type { Conversation } from "./rpc.ts";
import { secureContextOf } from "./secrets.ts";
import { pause, Spans } from "./span.ts";

/** Between two looks after the connections. */
const TEND_MS = 100;
/** Between two looks whether anybody is connected, while nobody is; and after a refusal. */
const AGAIN_MS = 10;

const CLOSED = "The store was closed";

/** The members of etcd as one: knows which of them is well, and asks that one first. */
export class EtcdCluster {
  readonly pace: Pace;
  #endpoints: readonly Endpoint[];
  readonly #login: Login;
  readonly #timer: NodeJS.Timeout;
  readonly #spans = new Spans();
  readonly #closing = new AbortController();

  /** Throws a `Failure` when a file that `config` names is of no use. */
  constructor(config: EtcdConfig, pace: Pace, say: (text: string) => void) {
    this.pace = pace;
    const secure = secureContextOf(config);
    const names = new Names();
    this.#endpoints = config.endpoints.map((address) => new Endpoint(address, secure, names, say));
    // Its answer takes etcd some 100 ms of computing, so it is not asked of several at once without need.
    this.#login = new Login(config.login, (question) =>
      this.#askAll("log in to", authenticate, question, WITH_LEADER, pace.changeMs),
    );
    this.#tend();
    this.#timer = setInterval(() => this.#tend(), TEND_MS).unref();
  }

  /** The endpoints, the one that is asked first first. */
  get endpoints(): readonly Endpoint[] {
    return this.#endpoints;
  }

  /** Asks what may be asked as often as one likes, of whoever answers first. Rejects with a `Failure`. */
  async ask<Q, A>(doing: string, method: Method<Q, A>, question: Q): Promise<A> {
    const headers = await this.#login.headers();
    try {
      return await this.#askAll(doing, method, question, headers, this.pace.hedgeMs);
    } catch (error) {
      if (!(error instanceof TokenFailure)) throw error;
      this.#login.forget(headers);
      return this.#askAll(doing, method, question, await this.#login.headers(), this.pace.hedgeMs);
    }
  }

  /** Asks one endpoint, once. Rejects with a `Failure`. */
  async askOne<Q, A>(endpoint: Endpoint, method: Method<Q, A>, question: Q): Promise<A> {
    const headers = await this.#login.headers();
    const span = this.#spans.begin(this.pace.readMs);
    const outcome = await attempt(endpoint, method, question, headers, span.signal);
    span.end();
    if ("answer" in outcome) return outcome.answer;
    throw new Failure(explain("ask", new Map([[endpoint.name, outcome.error]])));
  }

  /**
   * Sends a transaction to one endpoint, and to another one only if it certainly was not applied. Rejects
   * with a `Failure` when it certainly was not, with `UnknownOutcome` when nobody knows.
   */
  async change(question: TxnRequest): Promise<TxnResponse> {
    const untilMs = performance.now() + this.pace.changeMs;
    const troubles = new Map<string, CallError>();
    while (performance.now() < untilMs && !this.#isClosed) {
      const headers = await this.#login.headers();
      const endpoint = this.#endpoints.find(({ isReady }) => isReady);
      if (endpoint !== undefined) {
        const outcome = await this.#send(endpoint, question, headers, untilMs - performance.now());
        if ("answer" in outcome) return outcome.answer;
        troubles.set(endpoint.name, outcome.error);
        judge(outcome.error, troubles);
        if (isAboutToken(outcome.error)) this.#login.forget(headers);
        else this.demote(endpoint);
      }
      await pause(AGAIN_MS, this.#closing.signal).over;
    }
    if (this.#isClosed) throw new Failure(CLOSED);
    throw new Failure(explain("change", troubles.size > 0 ? troubles : this.#unconnected()));
  }

  /** Opens a stream of changes at `endpoint`; `null` when it is not connected. */
  async watch(endpoint: Endpoint, hear: (response: WatchResponse) => void): Promise<Conversation<WatchRequest> | null> {
    const headers = await this.#login.headers();
    return this.#isClosed ? null : endpoint.watch(headers, hear);
  }

  /** This endpoint is asked last from now on. */
  demote(endpoint: Endpoint): void {
    this.#endpoints = [...this.#endpoints.filter((other) => other !== endpoint), endpoint];
  }

  /** The next call gets a token of its own. */
  async forgetToken(): Promise<void> {
    this.#login.forget(await this.#login.headers());
  }

  close(): void {
    this.#closing.abort();
    this.#spans.close();
    clearInterval(this.#timer);
    for (const endpoint of this.#endpoints) endpoint.close();
  }

  async #askAll<Q, A>(doing: string, method: Method<Q, A>, question: Q, headers: Headers, hedgeMs: number): Promise<A> {
    const troubles = new Map<string, CallError>();
    const span = this.#spans.begin(this.pace.readMs);
    const outcome = await firstAnswer(
      {
        endpoints: () => this.#endpoints,
        ask: (endpoint) => attempt(endpoint, method, question, headers, span.signal),
        isFinal: (error) => isLasting(error) || isAboutToken(error),
        hedgeMs,
        span,
      },
      troubles,
    );
    if (outcome !== null && "answer" in outcome) {
      this.#prefer(outcome.endpoint);
      return outcome.answer;
    }
    if (this.#isClosed) throw new Failure(CLOSED);
    if (outcome === null) throw new Failure(explain(doing, troubles));
    if (isAboutToken(outcome.error)) throw new TokenFailure(explain(doing, troubles));
    throw new LastingFailure(explain(doing, troubles));
  }

  async #send(endpoint: Endpoint, question: TxnRequest, headers: Headers, ms: number): Promise<Outcome<TxnResponse>> {
    const span = this.#spans.begin(ms);
    const outcome = await attempt(endpoint, txn, question, headers, span.signal);
    // Whoever is asked next should not be the one that is late.
    if (span.signal.aborted) this.demote(endpoint);
    span.end();
    return outcome;
  }

  get #isClosed(): boolean {
    return this.#closing.signal.aborted;
  }

  #prefer(endpoint: Endpoint): void {
    if (this.#endpoints[0] === endpoint) return;
    this.#endpoints = [endpoint, ...this.#endpoints.filter((other) => other !== endpoint)];
  }

  #unconnected(): ReadonlyMap<string, CallError> {
    return new Map(this.#endpoints.map((endpoint) => [endpoint.name, endpoint.problem]));
  }

  #tend(): void {
    for (const endpoint of this.#endpoints) endpoint.tend(performance.now());
  }
}

/** The token that was used is no good any more; another one may be. */
class TokenFailure extends Failure {}

/** Throws unless a transaction with that answer certainly was not applied and may be sent again. */
function judge(error: CallError, troubles: ReadonlyMap<string, CallError>): void {
  if (isLasting(error)) throw new LastingFailure(explain("change", troubles));
  if (error.isUnsent || isPassing(error) || isAboutToken(error)) return;
  if (isRefusal(error)) throw new Failure(explain("change", troubles));
  throw new UnknownOutcome(`${explain("change", troubles)} It may have been changed or not.`);
}
