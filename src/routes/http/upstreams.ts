import type { RiseFall } from "../../core/health.ts";
import type { Clock } from "../../lib/clock.ts";
import { HoldQueue } from "../proxy/hold-queue.ts";
import { type Balance, chooseAnyway, chooseGood } from "./choice.ts";
import type { Exchange } from "./exchange.ts";
import { RetryBudget } from "./retry-budget.ts";
import type { Offence } from "./standing.ts";
import { Sticky } from "./sticky.ts";
import { Upstream, type UpstreamConfig } from "./upstream.ts";

export interface UpstreamsOptions {
  /** What they are called together; empty: there are no others. */
  readonly group: string;
  readonly balance: Balance;
  /** Binds clients to servers by a cookie of this name; `null`: nothing does. */
  readonly sticky: string | null;
  readonly limits: RiseFall;
  readonly holdMs: number;
  readonly maxHeld: number;
  readonly clock: Clock;
  /** Something speaks against a server: it should be looked at now. */
  readonly doubt: (upstream: Upstream) => void;
  /** Something that an operator would want to know. */
  readonly tell: (event: UpstreamEvent) => void;
}

/** Something that has happened to a server. */
export interface UpstreamEvent {
  readonly event:
    | "avoided"
    | "up"
    | "down"
    | "serving"
    | "draining"
    | "ready"
    | "added"
    | "removed"
    | "held"
    | "served";
  /** Whose; empty: there is only one. */
  readonly group: string;
  readonly server: string | null;
  readonly text: string;
}

/** Between looks at what is overdue. */
const TICK_MS = 10;
/** If a look comes so late it is us who were away: what has arrived meanwhile is read first. */
const AWAY_MS = 30;
const SWEEP_MS = 100;
/** Between attempts while nobody can serve: the oldest request that waits is tried. */
const PACE_MS = 15;
/** So many are released first when somebody can serve again, and twice as many each time after a pause. */
const RELEASED_FIRST = 4;
/** So many for each answer: a server that has just come up gets more as it shows that it can do more. */
const RELEASED_BY_ANSWER = 2;

/** The servers of a proxy: which of them gets a request, and the requests that wait because none can serve. */
export class Upstreams {
  readonly budget = new RetryBudget();
  readonly sticky: Sticky | null;
  readonly #options: UpstreamsOptions;
  readonly #queue: HoldQueue<Exchange>;
  #all: readonly Upstream[] = [];
  /** Removed, with requests under way. */
  readonly #leaving = new Set<Upstream>();
  #underWay = 0;
  #lastTickMs = 0;
  #tick: NodeJS.Timeout | null = null;
  #release: NodeJS.Timeout | null = null;
  #releasing = 0;
  /** Since requests had to wait nobody has been served without. */
  #isHolding = false;
  #serving: Upstream | null = null;
  readonly #sweep: NodeJS.Timeout;

  constructor(options: UpstreamsOptions) {
    this.#options = options;
    this.sticky = options.sticky === null ? null : new Sticky(options.sticky);
    this.#queue = new HoldQueue({ ...options, expired: (exchange) => exchange.waitedInVain() });
    this.#sweep = setInterval(() => this.#sweepAll(), SWEEP_MS);
  }

  get all(): readonly Upstream[] {
    return this.#all;
  }

  get held(): number {
    return this.#queue.size;
  }

  /** Makes these the servers: those that stay keep all that is known of them. */
  set(configs: readonly UpstreamConfig[]): void {
    const before = this.#all;
    this.#all = configs.map((config) => {
      const same = before.find((one) => isSame(one, config));
      if (same !== undefined) same.config = config;
      return same ?? this.#make(config);
    });
    for (const gone of before.filter((one) => !this.#all.includes(one))) {
      if (gone.config.term === 0) gone.remove();
      else gone.cut();
      this.#leaving.add(gone);
      const text = gone.config.term === 0 ? "its requests under way may end" : `its term ${gone.config.term} is over`;
      this.#tell("removed", gone, text);
    }
    this.release();
  }

  /** Brings a new request to a server, or lets it wait; whoever comes while others wait gets in line. */
  place(exchange: Exchange): void {
    this.budget.earn();
    if (this.#queue.size > 0) return this.hold(exchange);
    this.again(exchange, []);
  }

  /** Brings a request to a server that is not in `tried`, or lets it wait. */
  again(exchange: Exchange, tried: readonly Upstream[]): void {
    const next = this.good(tried, exchange) ?? chooseAnyway(this.#all, tried);
    if (next === undefined) this.hold(exchange);
    else exchange.tryOn(next);
  }

  /** A good server for a request that is not in `except`: the one that its client is bound to, if that is good. */
  good(except: readonly Upstream[], { client, bound }: Pick<Exchange, "client" | "bound">): Upstream | undefined {
    const { balance } = this.#options;
    const nowMs = performance.now();
    const own = bound === "" ? undefined : this.#all.find(({ name }) => this.sticky?.idOf(name) === bound);
    if (own !== undefined && own.standing.isGood(nowMs) && !except.includes(own)) return own;
    return chooseGood(this.#all, except, { balance, nowMs, client, random: Math.random });
  }

  hold(exchange: Exchange): void {
    if (!this.#isHolding) this.#tell("held", null, "no server can serve; requests wait");
    this.#isHolding = true;
    exchange.tried.length = 0;
    if (!this.#queue.add(exchange)) return exchange.waitedInVain();
    this.#release ??= setTimeout(() => this.#releaseSome(), PACE_MS);
  }

  /** The client of a request that waits is gone. */
  forget(exchange: Exchange): void {
    this.#queue.remove(exchange);
  }

  /** A request has been brought to a server. */
  began(): void {
    this.#underWay += 1;
    if (this.#tick !== null) return;
    this.#lastTickMs = performance.now();
    this.#tick = setInterval(() => this.#remind(), TICK_MS);
  }

  ended(): void {
    this.#underWay -= 1;
  }

  /** A server has answered a request well. */
  answeredWell(upstream: Upstream): void {
    const { health } = upstream.standing;
    upstream.standing.answered();
    if (health !== upstream.standing.health) this.#tell("up", upstream, "it answers requests again");
    if (upstream !== this.#serving && upstream.config.tier !== this.#serving?.config.tier)
      this.#tell("serving", upstream, "");
    this.#serving = upstream;
    if (this.#queue.size > 0) this.#letGo(RELEASED_BY_ANSWER);
    else if (this.#isHolding) {
      this.#isHolding = false;
      this.#tell("served", null, "nobody waits any more");
    }
  }

  /** A request met something that speaks against its server. */
  note(upstream: Upstream, offence: Offence, text: string): void {
    upstream.counters.failed += 1;
    const isNews = upstream.standing.note(offence, text, performance.now());
    this.#options.doubt(upstream);
    if (isNews) this.#tell("avoided", upstream, text);
  }

  /** It is not certain that a server works: it is checked now. */
  doubt(upstream: Upstream): void {
    this.#options.doubt(upstream);
  }

  /** A check of a server has a result. */
  checked(upstream: Upstream, ok: boolean, text: string): void {
    const { standing } = upstream;
    const before = standing.health;
    standing.checked(ok, text);
    if (standing.health === before) return;
    if (standing.health !== "unknown") this.#tell(standing.health, upstream, text);
    if (standing.health === "up") this.release();
  }

  /** An operator lets nothing new be brought to a server, or lets it be again. */
  setDraining(upstream: Upstream, isDraining: boolean): void {
    if (upstream.standing.isDraining === isDraining) return;
    upstream.standing.isDraining = isDraining;
    this.#tell(isDraining ? "draining" : "ready", upstream, "");
    if (!isDraining) this.release();
  }

  /** Somebody may be able to serve those that wait. */
  release(): void {
    if (this.#queue.size === 0) return;
    if (this.#release !== null) clearTimeout(this.#release);
    this.#releasing = RELEASED_FIRST;
    this.#releaseSome();
  }

  close(): void {
    clearInterval(this.#sweep);
    if (this.#tick !== null) clearInterval(this.#tick);
    if (this.#release !== null) clearTimeout(this.#release);
    for (let held = this.#queue.takeFirst(); held; held = this.#queue.takeFirst()) held.waitedInVain();
    for (const upstream of this.#all) upstream.remove();
  }

  #make(config: UpstreamConfig): Upstream {
    const upstream = new Upstream(config, this.#options.limits);
    this.#tell("added", upstream, "");
    return upstream;
  }

  /** While nobody is good only the oldest one is tried; else more and more of them at a time. */
  #releaseSome(): void {
    this.#release = null;
    const isGood = this.#all.some(({ standing }) => standing.isGood(performance.now()));
    if (isGood && this.#releasing === 0) this.#releasing = RELEASED_FIRST;
    this.#letGo(isGood ? this.#releasing : 1);
    this.#releasing = isGood && this.#queue.size > 0 ? this.#releasing * 2 : 0;
    if (this.#queue.size > 0) this.#release ??= setTimeout(() => this.#releaseSome(), PACE_MS);
  }

  #letGo(count: number): void {
    for (let i = 0; i < count; i += 1) {
      const first = this.#queue.takeFirst();
      if (first === undefined) break;
      this.again(first, []);
    }
  }

  #remind(): void {
    const nowMs = performance.now();
    const wasAway = nowMs - this.#lastTickMs > AWAY_MS;
    this.#lastTickMs = nowMs;
    if (this.#underWay === 0 && this.#tick !== null) {
      clearInterval(this.#tick);
      this.#tick = null;
    }
    if (wasAway) return;
    for (const upstream of this.#all) if (upstream.unanswered > 0) upstream.remind(nowMs);
    for (const upstream of this.#leaving) {
      upstream.remind(nowMs);
      if (upstream.busy === 0) this.#leaving.delete(upstream);
    }
  }

  #sweepAll(): void {
    const nowMs = performance.now();
    for (const upstream of this.#all) upstream.sweep(nowMs);
  }

  #tell(event: UpstreamEvent["event"], upstream: Upstream | null, text: string): void {
    this.#options.tell({ event, server: upstream?.name ?? null, text, group: this.#options.group });
  }
}

/** A name that leads elsewhere by now is another server, and so is a primary in another term. */
function isSame({ name, config }: Upstream, other: UpstreamConfig): boolean {
  const { host, port } = config.address;
  return (
    name === other.name && config.term === other.term && host === other.address.host && port === other.address.port
  );
}
