import { randomBytes } from "node:crypto";
import type { BlockList, Server, Socket } from "node:net";
import type { CheckTimes } from "../../checks/schedule.ts";
import type { Address } from "../../config/config.ts";
import type { Clock } from "../../lib/clock.ts";
import { listen } from "../proxy/listener.ts";
import type { AccessLog } from "./access-log.ts";
import type { Certificates } from "./certificates.ts";
import type { Balance } from "./choice.ts";
import { ClientConnection, type ClientHost } from "./client-connection.ts";
import { errorAnswer } from "./error-page.ts";
import type { Limits } from "./limits.ts";
import { listenSecure, type SecureListener } from "./listen-secure.ts";
import type { UpstreamConfig } from "./upstream.ts";
import { Upstreams, type UpstreamEvent } from "./upstreams.ts";
import { UpstreamWatch, type HealthQuestion } from "./watch-upstreams.ts";

export interface HttpProxyOptions {
  readonly listen: Address;
  readonly upstreams: readonly UpstreamConfig[];
  readonly balance: Balance;
  readonly health: HealthQuestion;
  readonly times: CheckTimes;
  readonly limits: Limits;
  /** For clients that speak TLS; `null`: they do not. */
  readonly certificates: Certificates | null;
  /** Proxies in front, whose word about their clients is believed; `null`: none. */
  readonly trusted: BlockList | null;
  readonly accessLog: AccessLog | null;
  readonly clock: Clock;
  /** Hears what happens to the servers. */
  readonly tell: (event: UpstreamEvent) => void;
  readonly log: (text: string) => void;
}

/** What one server looks like now. */
export interface UpstreamStatus {
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

/** What the proxy looks like now, for people and programs. */
export interface HttpProxyStatus {
  readonly listen: Address;
  readonly pid: number;
  readonly clients: number;
  readonly held: number;
  /** Requests that have had a server's response, that the proxy had to answer itself, and that it did not take. */
  readonly requests: number;
  readonly refused: number;
  readonly bad: number;
  readonly servers: readonly UpstreamStatus[];
}

const SWEEP_MS = 250;
/** So many above the limit are told why they are not served; further ones are just closed. */
const REFUSED_AT_ONCE = 100;

/** Opens the port. The servers are believed to work until something speaks against them. */
export async function openHttpProxy(options: HttpProxyOptions): Promise<HttpProxy> {
  const proxy = new HttpProxy(options);
  try {
    await proxy.open();
  } catch (error) {
    await proxy.close(0);
    throw error;
  }
  return proxy;
}

/** Brings HTTP requests to servers. See `docs/web.md`. */
export class HttpProxy {
  readonly #options: HttpProxyOptions;
  readonly #clients = new Set<ClientConnection>();
  readonly #upstreams: Upstreams;
  readonly #watch: UpstreamWatch;
  readonly #counters = { requests: 0, refused: 0, bad: 0 };
  readonly #host: ClientHost & { isLeaving: boolean };
  readonly #sweep: NodeJS.Timeout;
  #server: Server | null = null;
  #secure: SecureListener | null = null;

  constructor(options: HttpProxyOptions) {
    const { balance, times, limits, health, clock, trusted, accessLog } = options;
    this.#options = options;
    this.#watch = new UpstreamWatch(health, times, clock);
    this.#upstreams = new Upstreams({
      balance,
      limits: times,
      holdMs: limits.holdMs,
      maxHeld: limits.maxHeld,
      // Requests are timed by the process's own clock, which costs less to read.
      clock: { ...clock, nowMs: () => performance.now() },
      doubt: (upstream) => this.#watch.doubt(upstream),
      tell: options.tell,
    });
    const id = randomBytes(4).toString("hex");
    let requests = 0;
    this.#host = {
      limits,
      upstreams: this.#upstreams,
      via: `understudy-${id}`,
      isLeaving: false,
      trusted,
      accessLog,
      newId: () => `${id}-${(requests += 1).toString(36)}`,
      count: (what) => (this.#counters[what] += 1),
      closed: (client) => this.#clients.delete(client),
    };
    this.#sweep = setInterval(() => this.#sweepClients(), SWEEP_MS);
  }

  async open(): Promise<void> {
    const { listen: address, certificates, limits, log } = this.#options;
    this.setServers(this.#options.upstreams);
    const accept = (socket: Socket): void => this.#accept(socket);
    if (certificates === null) this.#server = await listen(address, "--listen", accept, log);
    else {
      this.#secure = await listenSecure(address, certificates, limits.headMs, accept, log);
      this.#server = this.#secure.server;
    }
    this.#server.maxConnections = limits.connections + REFUSED_AT_ONCE;
  }

  /** Reads the certificates anew and opens the access log anew; no connection is lost by it. Throws a `UserError` if a certificate is wrong. */
  async reload(): Promise<void> {
    const { certificates, accessLog } = this.#options;
    accessLog?.reopen();
    await certificates?.reload();
    if (certificates !== null) this.#secure?.server.setSecureContext(certificates.first);
  }

  /** Makes these the servers; no request is lost by it. */
  setServers(configs: readonly UpstreamConfig[]): void {
    this.#upstreams.set(configs);
    this.#watch.follow(this.#upstreams);
  }

  /** Brings nothing new to a server, or does so again; `false`: there is no such server. */
  setDraining(server: string, isDraining: boolean): boolean {
    const upstream = this.#upstreams.all.find(({ name }) => name === server);
    if (upstream !== undefined) this.#upstreams.setDraining(upstream, isDraining);
    return upstream !== undefined;
  }

  get servers(): readonly UpstreamConfig[] {
    return this.#upstreams.all.map(({ config }) => config);
  }

  get status(): HttpProxyStatus {
    const nowMs = performance.now();
    return {
      listen: this.#options.listen,
      pid: process.pid,
      clients: this.#clients.size,
      held: this.#upstreams.held,
      ...this.#counters,
      servers: this.#upstreams.all.map((upstream): UpstreamStatus => {
        const { name, config, standing, counters, busy, connections, latencies } = upstream;
        const isAvoided = standing.health !== "down" && standing.isAvoided(nowMs);
        return {
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
      }),
    };
  }

  /** Takes no more clients, lets requests under way end for at most `drainMs`, and closes everything. */
  async close(drainMs: number): Promise<void> {
    this.#host.isLeaving = true;
    const server = this.#server;
    const closed = new Promise<void>((resolve) => (server === null ? resolve() : server.close(() => resolve())));
    for (const client of this.#clients) client.leave();
    const timer = setTimeout(() => this.#destroyClients(), drainMs);
    await closed;
    clearTimeout(timer);
    clearInterval(this.#sweep);
    this.#watch.close();
    this.#upstreams.close();
  }

  #accept(socket: Socket): void {
    const { connections } = this.#options.limits;
    if (this.#clients.size >= connections) return this.#refuse(socket);
    this.#clients.add(new ClientConnection(socket, this.#host));
  }

  #refuse(socket: Socket): void {
    this.#counters.refused += 1;
    socket.on("error", () => undefined);
    const text = `This proxy takes ${this.#options.limits.connections} connections at a time.`;
    const answer = { status: 503, text, accept: "", requestId: "", keepsAlive: false, isHead: false };
    socket.end(errorAnswer(answer), "latin1", () => socket.destroy());
  }

  #sweepClients(): void {
    const nowMs = performance.now();
    for (const client of this.#clients) client.sweep(nowMs);
  }

  #destroyClients(): void {
    for (const client of this.#clients) client.destroy();
    this.#secure?.destroy();
  }
}

function rounded(ms: number): number {
  return Math.round(ms * 10) / 10;
}
