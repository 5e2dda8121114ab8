import { isIP } from "node:net";
import type { SecureContext } from "node:tls";
import type { Address } from "../../config/config.ts";
import { messageOf } from "../../lib/failure.ts";
import { CallError } from "./call-error.ts";
import { Connection, type Headers } from "./connection.ts";
import { watch, type Method, type WatchRequest, type WatchResponse } from "./methods.ts";
import type { Names } from "./names.ts";
import { call, converse, type Conversation } from "./rpc.ts";

/** A connection that does not come about, or on which an answer is owed for that long, is given up for another one. */
const PATIENCE_MS = 1500;

/** One member of etcd, and the connection to it, which is kept up by {@link Endpoint.tend}. */
export class Endpoint {
  /** As the configuration names it. */
  readonly name: string;
  readonly #address: Address;
  readonly #secure: SecureContext | null;
  readonly #names: Names;
  readonly #say: (text: string) => void;
  /** Where the name leads, as far as known: what is known stays good when it cannot be resolved again. */
  #ips: readonly string[];
  #tries = 0;
  #isResolving = false;
  #problem = "its name is not resolved yet";
  #connection: Connection | null = null;
  #owesSinceMs: number | null = null;
  #openAtMs = performance.now();
  #isTold = false;
  #closed = false;

  constructor(address: Address, secure: SecureContext | null, names: Names, say: (text: string) => void) {
    const { host, port } = address;
    this.name = host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
    this.#address = address;
    this.#secure = secure;
    this.#names = names;
    this.#say = say;
    this.#ips = isIP(host) === 0 ? [] : [host];
    if (this.#ips.length > 0) this.#problem = "no connection yet";
  }

  /** Whether there is a connection on which etcd has spoken, now. */
  get isReady(): boolean {
    return this.#connection?.isOpen === true;
  }

  /** Why there is no connection. */
  get problem(): CallError {
    const connection = this.#connection;
    return new CallError(connection?.hasEnded === true ? connection.problem : this.#problem, true);
  }

  /** Asks once. Rejects with a {@link CallError}; after `signal` with one that says nothing about what happened. */
  async call<Q, A>(method: Method<Q, A>, question: Q, headers: Headers, signal: AbortSignal): Promise<A> {
    const connection = this.#connection;
    if (connection === null || !connection.isOpen || signal.aborted) throw this.problem;
    const answer = await call(connection, method, question, headers, signal);
    this.#owesSinceMs = null;
    return answer;
  }

  /** Opens a stream of changes; `null` while there is no connection. */
  watch(headers: Headers, hear: (response: WatchResponse) => void): Conversation<WatchRequest> | null {
    if (this.#connection?.isOpen !== true) return null;
    return converse(this.#connection, watch, headers, hear);
  }

  /** It did not answer in time; until it does, its connection is doubted. */
  owes(): void {
    this.#owesSinceMs ??= performance.now();
  }

  /** To be called now and then: makes a connection when there is none, and another one when it is of no use. */
  tend(nowMs: number): void {
    this.#judge(nowMs);
    this.#report(nowMs);
    if (this.#closed || (this.#connection !== null && !this.#connection.hasEnded)) return;
    if (this.#connection !== null) this.#problem = this.#connection.problem;
    void this.#resolve();
    // A name may lead to several addresses, such as ::1 and 127.0.0.1, of which not all are etcd's.
    const ip = this.#ips[this.#tries++ % this.#ips.length];
    if (ip === undefined) return;
    this.#owesSinceMs = null;
    this.#connection = new Connection({ ip, ...this.#address }, this.#secure);
  }

  close(): void {
    this.#closed = true;
    this.#connection?.end("the store was closed");
  }

  /** Ends a connection that is of no use. */
  #judge(nowMs: number): void {
    const connection = this.#connection;
    if (connection === null || connection.hasEnded) return;
    const owesSinceMs = connection.isOpen ? this.#owesSinceMs : connection.madeAtMs;
    if (owesSinceMs !== null && nowMs - owesSinceMs > PATIENCE_MS) connection.end("no answer");
  }

  #report(nowMs: number): void {
    const isWell = this.isReady && this.#owesSinceMs === null;
    if (isWell) this.#openAtMs = nowMs;
    if (isWell && this.#isTold) this.#say(`etcd at ${this.name} answers again`);
    if (isWell) this.#isTold = false;
    if (isWell || this.#isTold || nowMs - this.#openAtMs < PATIENCE_MS) return;
    this.#isTold = true;
    this.#say(`etcd at ${this.name} does not answer: ${this.problem.message}`);
  }

  /** Looks where the name leads; also when it is known, because it may lead elsewhere by now. */
  async #resolve(): Promise<void> {
    const { host } = this.#address;
    if (isIP(host) !== 0 || this.#isResolving) return;
    this.#isResolving = true;
    try {
      this.#ips = await this.#names.addressesOf(host);
    } catch (error) {
      this.#problem = `its name cannot be resolved: ${messageOf(error)}`;
    } finally {
      this.#isResolving = false;
    }
  }
}
