import type { Check } from "../../checks/check.ts";
import type { CheckTimes } from "../../checks/schedule.ts";
import type { Clock } from "../../lib/clock.ts";
import type { Balance } from "./choice.ts";
import type { Limits } from "./limits.ts";
import type { Upstream, UpstreamConfig } from "./upstream.ts";
import { Upstreams, type UpstreamEvent } from "./upstreams.ts";
import { UpstreamWatch } from "./watch-upstreams.ts";

/** Servers that serve the same, how requests are shared out among them, and how it is seen which of them work. */
export interface PoolOptions {
  /** The group's name; empty where there is no other pool. */
  readonly name: string;
  readonly servers: readonly UpstreamConfig[];
  readonly balance: Balance;
  /** The name of a cookie that binds a client to its server, as long as that is good; `null`: none. */
  readonly sticky: string | null;
  /** How it is seen whether a server works. */
  readonly check: (server: UpstreamConfig) => Check;
  readonly times: CheckTimes;
}

/** What one server looks like now. */
export interface UpstreamStatus {
  /** The group that it belongs to; empty where there is only one. */
  readonly group: string;
  readonly server: string;
  readonly tier: number;
  readonly weight: number;
  readonly state: "up" | "down" | "unknown" | "avoided" | "draining";
  /** Why it gets nothing; empty when it may get something. */
  readonly why: string;
  readonly requests: number;
  readonly failed: number;
  readonly hedged: number;
  readonly underWay: number;
  readonly connections: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** The servers of one group, and the requests that wait for them. */
export class Pool {
  readonly name: string;
  readonly upstreams: Upstreams;
  readonly #watch: UpstreamWatch;
  #servers: readonly UpstreamConfig[] = [];

  constructor(options: PoolOptions, limits: Limits, clock: Clock, tell: (event: UpstreamEvent) => void) {
    const { name, balance, sticky, check, times } = options;
    this.name = name;
    this.#watch = new UpstreamWatch(check, times, clock);
    this.upstreams = new Upstreams({
      group: name,
      balance,
      sticky,
      limits: times,
      holdMs: limits.holdMs,
      maxHeld: limits.maxHeld,
      // Requests are timed by the process's own clock, which costs less to read.
      clock: { ...clock, nowMs: () => performance.now() },
      doubt: (upstream) => this.#watch.doubt(upstream),
      tell,
    });
    this.set(options.servers);
  }

  /** As they were set last: the same list until they are set again. */
  get servers(): readonly UpstreamConfig[] {
    return this.#servers;
  }

  /** Makes these the servers; no request is lost by it, except those in flight to a server whose term is over. */
  set(servers: readonly UpstreamConfig[]): void {
    this.#servers = servers;
    this.upstreams.set(servers);
    this.#watch.follow(this.upstreams);
  }

  /** Brings nothing new to a server, or does so again; `false`: there is no such server. */
  setDraining(server: string, isDraining: boolean): boolean {
    const upstream = this.upstreams.all.find(({ name }) => name === server);
    if (upstream !== undefined) this.upstreams.setDraining(upstream, isDraining);
    return upstream !== undefined;
  }

  get status(): readonly UpstreamStatus[] {
    const nowMs = performance.now();
    return this.upstreams.all.map((upstream) => statusOf(this.name, upstream, nowMs));
  }

  close(): void {
    this.#watch.close();
    this.upstreams.close();
  }
}

function statusOf(group: string, upstream: Upstream, nowMs: number): UpstreamStatus {
  const { name, config, standing, counters, busy, connections, latencies } = upstream;
  const isAvoided = standing.health !== "down" && standing.isAvoided(nowMs);
  return {
    group,
    server: name,
    tier: config.tier,
    weight: config.weight,
    state: standing.isDraining ? "draining" : isAvoided ? "avoided" : standing.health,
    why: standing.why(nowMs),
    ...counters,
    underWay: busy,
    connections,
    p50Ms: rounded(latencies.quantile(0.5)),
    p99Ms: rounded(latencies.quantile(0.99)),
  };
}

function rounded(ms: number): number {
  return Math.round(ms * 10) / 10;
}
