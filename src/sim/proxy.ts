import { isGivingUp } from "../core/record.ts";
import { followRecord } from "../routes/follow-record.ts";
import { unknownView, type RouteView } from "../routes/route.ts";
import { isBeyondPromises } from "./client.ts";
import type { Process } from "./host.ts";
import type { Server } from "./server.ts";
import { SimStore } from "./store.ts";
import type { World } from "./world.ts";

/** A request on its way: `cut` when its server is left. */
interface Request {
  readonly to: string;
  readonly cut: () => void;
}

/** The proxy: the production code that follows the record, and pretended connections. */
export class Proxy {
  readonly #world: World;
  readonly #process: Process;
  readonly #requests = new Set<Request>();
  /** How many of them go to each member. */
  readonly #busy = new Map<string, number>();
  #view: RouteView;
  /** The life of the primary to which a connection was made last while the store answered: it stands for those that a proxy has open. */
  #connected: { readonly term: number; readonly life: Process } | null = null;

  constructor(world: World, process: Process) {
    this.#world = world;
    this.#process = process;
    this.#view = unknownView("main");
    const { timing, members } = world.settings;
    followRecord({
      store: new SimStore(world.store, process),
      clock: process.clock,
      group: "main",
      members: members.map(({ member }) => member),
      leaseMs: timing.leaseMs,
      tell: (view) => this.#follow(view),
      log: () => undefined,
    });
  }

  /**
   * Has `work` done in the primary's process; `answer` when it comes, `cut` when the connection ends. `false`: nobody
   * may have clients now.
   */
  request(work: (server: Server, answer: () => void) => void, answer: () => void, cut: () => void): boolean {
    const to = this.#primary();
    const server = to === null ? undefined : this.#world.server(to);
    if (to === null || server === undefined) return false;
    const { network } = this.#world;
    const here = this.#process.host.name;
    const { isFresh, term } = this.#view;
    if (isFresh) this.#world.history.leads(to);
    const request: Request = { to, cut };
    this.#requests.add(request);
    this.#busy.set(to, (this.#busy.get(to) ?? 0) + 1);
    const answered = (): void => {
      if (!this.#ended(request)) return;
      answer();
    };
    const refused = (): void => network.carry(server.host.name, here, () => this.#ended(request) && cut());
    network.carry(here, server.host.name, () => {
      if (!server.host.isUp) return;
      if (server.process === null || !this.#mayJoin(server.process)) return refused();
      if (this.#view.isFresh) this.#connected = { term, life: server.process };
      server.process.enter(() => {
        // Who goes by old knowledge, or by what has become old on the way, is as well off as a client that goes around the proxy.
        const isOld = !isFresh || !this.#view.isFresh;
        if (isOld && isBeyondPromises(this.#world, server, term)) return;
        work(server, () => network.carry(server.host.name, here, () => this.#process.enter(answered)));
      });
    });
    return true;
  }

  /** Connections to `server` that have something under way. */
  busy(server: Server): number {
    return this.#busy.get(server.member) ?? 0;
  }

  /** Nobody waits for `request` any more; `false`: nobody did. */
  #ended(request: Request): boolean {
    if (!this.#requests.delete(request)) return false;
    this.#busy.set(request.to, (this.#busy.get(request.to) ?? 0) - 1);
    return true;
  }

  #primary(): string | null {
    const { isFresh, needsStandbys, open, primary, switchover } = this.#view;
    const mayLead = isFresh || (needsStandbys && this.#isConnected());
    return mayLead && open && !isGivingUp(switchover) ? primary : null;
  }

  /** A connection that comes about when the record is no longer known is given up, unless another one stands with the same life. */
  #mayJoin(life: Process): boolean {
    return this.#view.isFresh || (this.#isConnected() && this.#connected?.life === life);
  }

  #isConnected(): boolean {
    return this.#connected !== null && this.#connected.life.isAlive && this.#connected.term === this.#view.term;
  }

  #follow(view: RouteView): void {
    this.#view = view;
    const to = this.#primary();
    // Whoever waits is let in at once.
    if (to !== null && view.isFresh) this.#world.history.leads(to);
    for (const request of this.#requests) {
      if (view.open && view.primary === request.to) continue;
      this.#ended(request);
      request.cut();
    }
  }
}
