import { randomBytes } from "node:crypto";
import type { BlockList, Socket } from "node:net";
import { TLSSocket } from "node:tls";
import type { Address } from "../../config/config.ts";
import type { Clock } from "../../lib/clock.ts";
import type { AccessLog } from "./access-log.ts";
import { type Arrivals, openArrivals } from "./arrivals.ts";
import type { Certificates } from "./certificates.ts";
import type { ClientHost, Connection } from "./client.ts";
import { ClientConnection } from "./client-connection.ts";
import { errorAnswer } from "./error-page.ts";
import type { Origin } from "./forwarded.ts";
import { ClientSession } from "./http2/client-session.ts";
import type { Limits } from "./limits.ts";
import { Pool, type PoolOptions, type UpstreamStatus } from "./pool.ts";
import type { RequestHead } from "./request-head.ts";
import { groupFor, type Rule } from "./rules.ts";
import type { UpstreamConfig } from "./upstream.ts";
import type { UpstreamEvent } from "./upstreams.ts";

export interface HttpProxyOptions {
  readonly listen: Address;
  /** The first one gets what meets no rule. */
  readonly pools: readonly [PoolOptions, ...PoolOptions[]];
  /** Which requests go to another pool; the first one that a request meets counts. */
  readonly rules: readonly Rule[];
  readonly limits: Limits;
  /** For clients that speak TLS; `null`: they do not. */
  readonly certificates: Certificates | null;
  /** Proxies in front, whose word about their clients is believed; `null`: none. */
  readonly trusted: BlockList | null;
  /** Whether these begin each connection with a PROXY header. */
  readonly proxyProtocol: boolean;
  readonly accessLog: AccessLog | null;
  readonly clock: Clock;
  /** Hears what happens to the servers. */
  readonly tell: (event: UpstreamEvent) => void;
  readonly log: (text: string) => void;
}

/** What the proxy looks like now, for people and programs. */
export interface HttpProxyStatus {
  readonly listen: Address;
  readonly pid: number;
  /** How many share the port; figures are of all of them. */
  readonly processes: number;
  readonly clients: number;
  readonly held: number;
  /** Requests that have had a server's response, that the proxy had to answer itself, and that it did not take. */
  readonly requests: number;
  readonly refused: number;
  readonly bad: number;
  readonly servers: readonly UpstreamStatus[];
}

const SWEEP_MS = 250;
const DAY_MS = 24 * 3600 * 1000;
/** So many above the limit are told why they are not served; further ones are just closed. */
const REFUSED_AT_ONCE = 100;

/** Opens the port, after `prepare`. The servers are believed to work until something speaks against them. */
export async function openHttpProxy(
  options: HttpProxyOptions,
  prepare: (proxy: HttpProxy) => void = () => undefined,
): Promise<HttpProxy> {
  const proxy = new HttpProxy(options);
  try {
    prepare(proxy);
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
  readonly #clients = new Set<Connection>();
  readonly #pools: readonly [Pool, ...Pool[]];
  readonly #counters = { requests: 0, refused: 0, bad: 0 };
  readonly #host: ClientHost & { isLeaving: boolean };
  readonly #sweep: NodeJS.Timeout;
  #toldOfCertificatesAtMs = 0;
  #arrivals: Arrivals | null = null;

  constructor(options: HttpProxyOptions) {
    const { limits, clock, trusted, accessLog, tell } = options;
    this.#options = options;
    const [first, ...others] = options.pools;
    const make = (pool: PoolOptions): Pool => new Pool(pool, limits, clock, tell);
    this.#pools = [make(first), ...others.map(make)];
    const id = randomBytes(4).toString("hex");
    let requests = 0;
    this.#host = {
      limits,
      upstreamsFor: (head) => this.#poolFor(head).upstreams,
      via: `understudy-${id}`,
      isLeaving: false,
      trusted,
      accessLog,
      newId: () => `${id}-${(requests += 1).toString(36)}`,
      count: (what) => (this.#counters[what] += 1),
      closed: (client) => this.#clients.delete(client),
      speaksHttp2: (client, socket, origin) => {
        this.#clients.delete(client);
        if (!socket.destroyed) this.#clients.add(new ClientSession(socket, origin, this.#host));
      },
    };
    this.#sweep = setInterval(() => this.#sweepClients(), SWEEP_MS);
  }

  async open(): Promise<void> {
    const { limits } = this.#options;
    this.#arrivals = await openArrivals({ ...this.#options, withinMs: limits.headMs }, (socket, origin) =>
      this.#accept(socket, origin),
    );
    this.#tellOfCertificates();
    this.#arrivals.limit(limits.connections + REFUSED_AT_ONCE);
  }

  /** Reads the certificates anew and opens the access log anew; no connection is lost by it. Throws a `UserError` if a certificate is wrong. */
  async reload(): Promise<void> {
    const { certificates, accessLog } = this.#options;
    accessLog?.reopen();
    await certificates?.reload();
    this.#tellOfCertificates();
    if (certificates !== null) this.#arrivals?.show(certificates.first);
  }

  /** Makes these the servers of a pool, by default of the first one; no request is lost by it. */
  setServers(servers: readonly UpstreamConfig[], pool: string = this.#pools[0].name): void {
    this.#pools.find(({ name }) => name === pool)?.set(servers);
  }

  /** Brings nothing new to a server, or does so again; `false`: there is no such server. Without a pool: in all of them. */
  setDraining(server: string, isDraining: boolean, pool: string | null = null): boolean {
    const pools = this.#pools.filter(({ name }) => pool === null || name === pool);
    return pools.map((one) => one.setDraining(server, isDraining)).includes(true);
  }

  serversOf(pool: string): readonly UpstreamConfig[] {
    return this.#pools.find(({ name }) => name === pool)?.servers ?? [];
  }

  /** Of the first pool. */
  get servers(): readonly UpstreamConfig[] {
    return this.#pools[0].servers;
  }

  /** How many connections a server of a pool has answered on that are still there. */
  standingWith(server: string, pool: string): number {
    const upstreams = this.#pools.find(({ name }) => name === pool)?.upstreams.all ?? [];
    return upstreams.find(({ name }) => name === server)?.answeredConnections ?? 0;
  }

  get status(): HttpProxyStatus {
    return {
      listen: this.#options.listen,
      pid: process.pid,
      processes: 1,
      clients: this.#clients.size,
      held: this.#pools.reduce((sum, { upstreams }) => sum + upstreams.held, 0),
      ...this.#counters,
      servers: this.#pools.flatMap(({ status }) => status),
    };
  }

  /**
   * Takes no more clients, lets requests under way end for at most `drainMs`, and closes everything. With a successor also clients without a
   * request stay until their next one, with whose response they are told to go: the end of a connection could cross a request on its way.
   */
  async close(drainMs: number, hasSuccessor = false): Promise<void> {
    this.#host.isLeaving = true;
    const closed = this.#arrivals?.close();
    for (const client of this.#clients)
      if (hasSuccessor) client.retire();
      else client.leave();
    const timer = setTimeout(() => this.#endClients(), drainMs);
    await closed;
    clearTimeout(timer);
    clearInterval(this.#sweep);
    for (const pool of this.#pools) pool.close();
  }

  #poolFor({ host, target }: RequestHead): Pool {
    const group = groupFor(this.#options.rules, host, target);
    return this.#pools.find(({ name }) => name === group) ?? this.#pools[0];
  }

  #accept(socket: Socket, origin: Origin): void {
    const { connections } = this.#options.limits;
    const isHttp2 = socket instanceof TLSSocket && socket.alpnProtocol === "h2";
    if (socket.destroyed) return;
    if (this.#clients.size >= connections) return this.#refuse(socket, isHttp2);
    this.#clients.add(new (isHttp2 ? ClientSession : ClientConnection)(socket, origin, this.#host));
  }

  /** HTTP/2 has no short way to say it. */
  #refuse(socket: Socket, isHttp2: boolean): void {
    this.#counters.refused += 1;
    socket.on("error", () => undefined);
    if (isHttp2) return void socket.destroy();
    const text = `This proxy takes ${this.#options.limits.connections} connections at a time.`;
    const answer = { status: 503, text, accept: "", requestId: "", keepsAlive: false, isHead: false };
    socket.end(errorAnswer(answer), "latin1", () => socket.destroy());
  }

  #tellOfCertificates(): void {
    const { certificates, log } = this.#options;
    this.#toldOfCertificatesAtMs = performance.now();
    for (const problem of certificates?.problems(Date.now()) ?? []) log(problem);
  }

  #sweepClients(): void {
    const nowMs = performance.now();
    for (const client of this.#clients) client.sweep(nowMs);
    if (nowMs - this.#toldOfCertificatesAtMs > DAY_MS) this.#tellOfCertificates();
  }

  /** Whoever has a request under way is cut off by it, the others end as usual. */
  #endClients(): void {
    for (const client of this.#clients) client.leave();
    setImmediate(() => this.#destroyClients());
  }

  #destroyClients(): void {
    for (const client of this.#clients) client.destroy();
    this.#arrivals?.destroy();
  }
}
