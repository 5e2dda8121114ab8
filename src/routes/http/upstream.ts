import type { Address } from "../../config/config.ts";
import type { RiseFall } from "../../core/health.ts";
import { Latencies } from "./latencies.ts";
import { Standing } from "./standing.ts";
import { UpstreamConnection, type ConnectionOwner } from "./upstream-connection.ts";

/** Servers often close a connection after five seconds: before that it is closed here, lest a request meet the close. */
const IDLE_MS = 4000;
/** Something that must not be done twice takes no connection that may be about to be closed. */
const FRESH_MS = 1000;
/** What a server promises with `Keep-Alive` it counts from another moment than we do. */
const KEEP_ALIVE_MARGIN_MS = 1000;
/** Idle connections to a server; what is free beyond them is closed. */
const MAX_IDLE = 256;

/** From so many answers on it is known how long they take. */
const KNOWN_AFTER = 20;
const UNKNOWN_OVERDUE_MS = 100;
/** Sooner than that nothing is overdue: garbage collections and busy processors take as long. */
const LEAST_OVERDUE_MS = 40;
/** So many unanswered requests together, and nothing heard for many times as long as an answer takes, are no chance. */
const STALLED_REQUESTS = 8;
const STALLED_TIMES = 5;

/** A server that a proxy leads to. */
export interface UpstreamConfig {
  /** As the operator calls it: a host and a port. */
  readonly name: string;
  readonly address: Address;
  /** Servers of a later tier are used when no one of an earlier tier is good. */
  readonly tier: number;
  readonly weight: number;
  /** The term in which it is primary: when that is over, so are its requests under way. 0: it has no terms. */
  readonly term: number;
}

/** What a server has done since the start. */
export interface UpstreamCounters {
  requests: number;
  failed: number;
  /** Requests that were brought here because another server did not answer. */
  hedged: number;
}

/** One server: its connections, how long it takes, and whether it is believed to work. */
export class Upstream implements ConnectionOwner {
  readonly name: string;
  config: UpstreamConfig;
  readonly standing: Standing;
  readonly latencies = new Latencies();
  readonly counters: UpstreamCounters = { requests: 0, failed: 0, hedged: 0 };
  /** Requests under way. */
  busy = 0;
  /** What smooth weighted round robin has saved up for it. */
  credit = 0;
  lastHeardAtMs = 0;
  /** For how long a request may go unanswered before another server is asked. */
  overdueMs = UNKNOWN_OVERDUE_MS;
  readonly #unanswered = new Set<UpstreamConnection>();
  readonly #idle: UpstreamConnection[] = [];
  readonly #connections = new Set<UpstreamConnection>();
  #isRemoved = false;

  constructor(config: UpstreamConfig, limits: RiseFall) {
    this.config = config;
    this.name = config.name;
    this.standing = new Standing(limits);
  }

  get connections(): number {
    return this.#connections.size;
  }

  /** Those on which it has answered. */
  get answeredConnections(): number {
    let count = 0;
    for (const { isAnswered, isReused } of this.#connections) if (isAnswered || isReused) count += 1;
    return count;
  }

  get unanswered(): number {
    return this.#unanswered.size;
  }

  /** A connection for a request, which is begun on it next: any, one that was used a moment ago, or a new one. */
  take(nowMs: number, which: "any" | "fresh" | "new"): UpstreamConnection {
    this.busy += 1;
    this.counters.requests += 1;
    const connection = (which === "new" ? undefined : this.#takeIdle(nowMs, which === "any")) ?? this.#open();
    connection.isBusy = true;
    this.#unanswered.add(connection);
    return connection;
  }

  freed(connection: UpstreamConnection): void {
    this.#rest(connection);
    connection.idleSinceMs = this.lastHeardAtMs;
    connection.isReused = true;
    if (this.#idle.length >= MAX_IDLE || this.#isRemoved) connection.socket.destroy();
    else this.#idle.push(connection);
  }

  heard(): void {
    this.lastHeardAtMs = performance.now();
  }

  answered(connection: UpstreamConnection): void {
    this.#unanswered.delete(connection);
    this.latencies.add(this.lastHeardAtMs - connection.startedAtMs);
  }

  closed(connection: UpstreamConnection): void {
    this.#connections.delete(connection);
    this.#unanswered.delete(connection);
    const at = this.#idle.indexOf(connection);
    if (at >= 0) this.#idle.splice(at, 1);
    this.#rest(connection);
  }

  /** Reminds of every request that is overdue; oldest first. */
  remind(nowMs: number): void {
    const overdueMs = this.standing.isGood(nowMs) ? this.#patienceMs(nowMs) : 0;
    for (const connection of this.#unanswered) {
      if (nowMs - connection.startedAtMs < overdueMs) return;
      connection.remind(nowMs);
    }
  }

  /** Learns from what was measured, and closes what has been idle for too long. */
  sweep(nowMs: number): void {
    if (this.latencies.total >= KNOWN_AFTER)
      this.overdueMs = Math.max(LEAST_OVERDUE_MS, 2 * this.latencies.quantile(0.95));
    while (this.#idle.length > 0 && idleLeftMs(this.#idle[0], nowMs) <= 0) this.#idle.shift()?.socket.destroy();
  }

  /** Nothing is brought here any more; what is under way may end. */
  remove(): void {
    this.#isRemoved = true;
    this.standing.isDraining = true;
    for (const connection of this.#idle) connection.socket.destroy();
  }

  /** The same, and what is under way ends now: it may be repeated elsewhere where that is safe. */
  cut(): void {
    this.remove();
    for (const connection of this.#connections) connection.socket.destroy();
  }

  #rest(connection: UpstreamConnection): void {
    if (connection.isBusy) this.busy -= 1;
    connection.isBusy = false;
  }

  #takeIdle(nowMs: number, mayBeOld: boolean): UpstreamConnection | undefined {
    for (let last = this.#idle.pop(); last !== undefined; last = this.#idle.pop()) {
      const isFresh = mayBeOld || nowMs - last.idleSinceMs < FRESH_MS;
      if (isFresh && !last.socket.destroyed && idleLeftMs(last, nowMs) > 0) return last;
      last.socket.destroy();
    }
    return undefined;
  }

  #open(): UpstreamConnection {
    const connection = new UpstreamConnection(this.config.address, this);
    this.#connections.add(connection);
    return connection;
  }

  #patienceMs(nowMs: number): number {
    if (this.#unanswered.size < STALLED_REQUESTS) return this.overdueMs;
    const stalledMs = Math.max(LEAST_OVERDUE_MS, STALLED_TIMES * this.latencies.quantile(0.5));
    return nowMs - this.lastHeardAtMs > stalledMs ? Math.min(stalledMs, this.overdueMs) : this.overdueMs;
  }
}

function idleLeftMs(connection: UpstreamConnection | undefined, nowMs: number): number {
  if (connection === undefined) return 0;
  const promisedMs = connection.keepAliveMs === 0 ? IDLE_MS : connection.keepAliveMs - KEEP_ALIVE_MARGIN_MS;
  return connection.idleSinceMs + Math.min(IDLE_MS, promisedMs) - nowMs;
}
