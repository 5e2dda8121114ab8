import type { Socket } from "node:net";
import type { Address } from "../../config/config.ts";
import type { Clock } from "../../lib/clock.ts";
import { unknownView, type RouteView } from "../route.ts";
import { forwardCancel } from "./cancel.ts";
import type { Load, Policy, Target } from "./choice.ts";
import { Connection, type ConnectionEvents } from "./connection.ts";
import { HoldQueue } from "./hold-queue.ts";
import { CANNOT_CONNECT_NOW, TOO_MANY_CONNECTIONS } from "./postgres-messages.ts";
import { Refusals } from "./refusals.ts";

export interface PortOptions {
  readonly group: string;
  readonly policy: Policy;
  /** Where the members are. */
  readonly addresses: Readonly<Record<string, Address>>;
  /** `false`: bytes are passed on without a look at them. */
  readonly speaksPostgres: boolean;
  readonly holdMs: number;
  readonly maxHeld: number;
  readonly maxConnections: number;
  /** The longest that a member is left alone after it refused. */
  readonly maxRefusedMs: number;
  readonly clock: Clock;
  readonly log: (text: string) => void;
}

/** Numbers of one port since it was opened. */
export interface PortCounters {
  accepted: number;
  joined: number;
  held: number;
  refused: number;
  cut: number;
  drained: number;
  cancelRequests: number;
  retried: number;
}

/**
 * So many are released first, and twice as many each time after a pause: a server that has just come up
 * serves the first ones sooner when not all log in at the same moment. A thousand are released within 80 ms.
 */
const RELEASED_FIRST = 1;
const RELEASE_PAUSE_MS = 8;
/** So many above the limit may wait for their error; further ones are just closed. */
const REFUSED_AT_ONCE = 100;
/** As long as PostgreSQL itself waits for a client's first packet. */
const OPENING_MS = 60_000;

const SWITCHOVER = "terminating connection due to a planned switchover";
const LEAVING = "terminating connection because the proxy is being stopped";
const NEW_PRIMARY = "terminating connection because its server is no longer in charge";

/** One listening port: who is connected through it, who waits, and what a new view means for them. */
export class Port {
  readonly counters: PortCounters = {
    accepted: 0,
    joined: 0,
    held: 0,
    refused: 0,
    cut: 0,
    drained: 0,
    cancelRequests: 0,
    retried: 0,
  };
  readonly #options: PortOptions;
  readonly #connections = new Set<Connection>();
  readonly #counts = new Map<string, number>();
  /** Those that have been answered, and how many each member has of them. */
  readonly #joined = new Set<Connection>();
  readonly #standing = new Map<string, number>();
  readonly #refusals: Refusals;
  readonly #queue: HoldQueue<Connection>;
  readonly #load: Load;
  #view: RouteView;
  #isReleasing = false;
  #isLeaving = false;

  constructor(options: PortOptions) {
    this.#options = options;
    this.#view = unknownView(options.group);
    this.#refusals = new Refusals(options.maxRefusedMs);
    this.#queue = new HoldQueue({ ...options, expired: (connection) => this.#giveUp(connection) });
    this.#load = {
      connectionsTo: (member) => this.#counts.get(member) ?? 0,
      standingWith: (member) => this.#standing.get(member) ?? 0,
      mayTry: (member) => this.#refusals.mayTry(member, options.clock.nowMs()),
    };
  }

  get connections(): number {
    return this.#connections.size;
  }

  get held(): number {
    return this.#queue.size;
  }

  /** How many connections each member has. */
  get byMember(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#counts);
  }

  accept(client: Socket): void {
    this.counters.accepted += 1;
    if (this.#connections.size >= this.#options.maxConnections + REFUSED_AT_ONCE) {
      this.counters.refused += 1;
      return void client.destroy();
    }
    const { speaksPostgres, clock } = this.#options;
    const connection = new Connection(client, speaksPostgres, clock.nowMs(), this.#events);
    this.#connections.add(connection);
    client.setTimeout(OPENING_MS, () => connection.state === "opening" && client.destroy());
  }

  /** Cuts at once whoever may not stay, then lets in who waits. */
  follow(view: RouteView): void {
    this.#view = view;
    this.#refusals.forget();
    for (const connection of this.#connections) this.#judge(connection);
    this.#release();
  }

  /** Nobody is let in any more, and everybody goes as soon as no work is under way. */
  leave(): void {
    this.#isLeaving = true;
    for (let held = this.#queue.takeFirst(); held; held = this.#queue.takeFirst()) this.#giveUp(held);
    for (const connection of this.#connections) this.#judge(connection);
  }

  /** Ends everything at once. */
  destroy(): void {
    for (const connection of this.#connections) connection.client.destroy();
  }

  readonly #events: ConnectionEvents = {
    ready: (connection) => this.#welcome(connection),
    returned: (connection, target, because) => {
      this.#count(target, -1);
      if (because === null) this.#refusals.abandoned(target.member);
      else this.#refused(target, because);
      this.#place(connection);
    },
    mayJoin: (target) => this.#options.policy.mayJoin(this.#view, this.#load, target),
    joined: (connection, target) => {
      this.counters.joined += 1;
      this.#joined.add(connection);
      add(this.#standing, target.member, 1);
      this.#refusals.worked(target.member);
      this.#judge(connection);
      this.#release();
    },
    closed: (connection, wasDrained) => {
      if (wasDrained) this.counters.drained += 1;
      this.#connections.delete(connection);
      this.#queue.remove(connection);
      if (connection.target === null) return;
      if (this.#joined.delete(connection)) add(this.#standing, connection.target.member, -1);
      this.#count(connection.target, -1);
      this.#refusals.abandoned(connection.target.member);
    },
  };

  #welcome(connection: Connection): void {
    connection.client.setTimeout(0);
    if (connection.conversation?.opening === "cancel") return this.#cancel(connection);
    if (this.#connections.size > this.#options.maxConnections) return this.#refuseTooMany(connection);
    this.#place(connection);
  }

  #place(connection: Connection): void {
    if (this.#isLeaving) return this.#giveUp(connection);
    // Whoever comes while others wait gets in line, so that the oldest one is served first.
    const choice = this.#queue.size > 0 ? null : this.#options.policy.choose(this.#view, this.#load);
    if (choice !== null && "to" in choice) return this.#join(connection, choice.to);
    this.counters.held += 1;
    if (!this.#queue.add(connection)) this.#giveUp(connection);
    else this.#release();
  }

  #join(connection: Connection, target: Target): void {
    const address = this.#options.addresses[target.member];
    if (address === undefined) return this.#giveUp(connection);
    this.#refusals.trying(target.member);
    this.#count(target, 1);
    connection.join(target, address);
  }

  /** Connects those that wait, oldest first, for as long as there is somebody to serve them. */
  #release(atOnce = RELEASED_FIRST): void {
    if (this.#isReleasing) return;
    for (let i = 0; i < atOnce; i++) {
      const choice = this.#queue.first && this.#options.policy.choose(this.#view, this.#load);
      if (choice === undefined || "hold" in choice) return;
      const connection = this.#queue.takeFirst();
      if (connection) this.#join(connection, choice.to);
    }
    this.#isReleasing = true;
    this.#options.clock.after(RELEASE_PAUSE_MS, () => {
      this.#isReleasing = false;
      this.#release(atOnce * 2);
    });
  }

  #judge(connection: Connection): void {
    if (connection.target === null) return;
    const verdict = this.#isLeaving ? "drain" : this.#options.policy.judge(this.#view, connection.target);
    if (verdict === "cut") {
      this.counters.cut += 1;
      connection.cut(NEW_PRIMARY);
    } else {
      connection.drain(verdict === "drain" ? (this.#isLeaving ? LEAVING : SWITCHOVER) : null);
    }
  }

  #refused(target: Target, because: string): void {
    this.counters.retried += 1;
    const isNews = this.#refusals.note(target.member, this.#options.clock.nowMs());
    if (isNews) this.#options.log(`"${target.member}" did not take a connection: ${because}`);
    this.#retry(target.member);
  }

  /** Lets somebody try again as soon as the member may be tried; a timer can be early. */
  #retry(member: string): void {
    const { clock } = this.#options;
    const leftMs = this.#refusals.untilMs(member) - clock.nowMs();
    if (leftMs > 0) clock.after(leftMs, () => this.#retry(member));
    else this.#release();
  }

  #cancel(connection: Connection): void {
    this.counters.cancelRequests += 1;
    const { policy, addresses } = this.#options;
    const members = policy.cancelTargets(this.#view, this.#load);
    const known = members.map((member) => addresses[member]).filter((address) => address !== undefined);
    connection.release();
    forwardCancel(connection.client, connection.early.all(), known);
  }

  /** It has waited for long enough, or there is no room to wait. */
  #giveUp(connection: Connection): void {
    this.counters.refused += 1;
    const choice = this.#options.policy.choose(this.#view, this.#load);
    const waited = "hold" in choice ? choice.hold : `"${choice.to.member}" is just coming up`;
    const because = this.#isLeaving ? "the proxy is being stopped" : waited;
    const { holdMs, maxHeld } = this.#options;
    const hint = `Understudy held the connection for up to ${holdMs} ms (at most ${maxHeld} at a time). Try again soon.`;
    connection.refuse(CANNOT_CONNECT_NOW, `cannot connect now: ${because}`, hint);
  }

  #refuseTooMany(connection: Connection): void {
    this.counters.refused += 1;
    const { maxConnections } = this.#options;
    const message = `too many connections: this proxy takes ${maxConnections}`;
    connection.refuse(TOO_MANY_CONNECTIONS, message, "Close some, or raise maxConnections of the route.");
  }

  #count({ member }: Target, by: number): void {
    add(this.#counts, member, by);
  }
}

function add(counts: Map<string, number>, member: string, by: number): void {
  counts.set(member, (counts.get(member) ?? 0) + by);
}
