import type { Address, HaproxyRouteConfig } from "../../config/config.ts";
import { sleep, type Cancel, type Clock } from "../../lib/clock.ts";
import { Failure, messageOf } from "../../lib/failure.ts";
import { readWrite, type Load } from "../proxy/choice.ts";
import { unknownView, type Route, type RouteView } from "../route.ts";
import { askHaproxy } from "./runtime-socket.ts";
import { commandsFor, lookCommands, serversIn, type ServerState, type Wanted } from "./servers.ts";

export interface HaproxyRouteOptions {
  readonly group: string;
  readonly config: HaproxyRouteConfig;
  /** By the members' names, which are those of the servers; may change. */
  readonly addresses: Readonly<Record<string, Address>>;
  readonly clock: Clock;
  readonly log: (text: string) => void;
}

/** What such a route looks like now, for people and programs. */
export interface HaproxyRouteStatus {
  readonly name: string;
  readonly pid: number;
  readonly view: RouteView;
  /** The servers as HAProxy told of them last. */
  readonly servers: readonly ServerState[];
  /** Why no member may have new clients; `null`: one may. */
  readonly hold: string | null;
  /** What went wrong last; empty: nothing. */
  readonly problem: string;
}

/** As soon as that it is noticed when HAProxy was started anew, or told something by somebody else. */
const LOOK_MS = 1000;
/** Of a connection in HAProxy we cannot know whether its server has answered: so without the store nobody new is let in. */
const NOTHING_KNOWN: Load = { connectionsTo: () => 0, standingWith: () => 0, mayTry: () => true };
const NOBODY: Wanted = { ready: null, stay: null, isNewTerm: false, hold: null };

/** HAProxy need not run yet: it is told what to do as soon as it does. */
export async function openHaproxyRoute(options: HaproxyRouteOptions): Promise<HaproxyRoute> {
  return new HaproxyRoute(options);
}

/** Makes that server of an HAProxy ready whose member is open primary, and no other. See `docs/haproxy-route.md`. */
export class HaproxyRoute implements Route {
  readonly kind = "haproxy";
  readonly name: string;
  readonly #options: HaproxyRouteOptions;
  #view: RouteView;
  #servers: readonly ServerState[] = [];
  #hold: string | null = null;
  /** The member that HAProxy was last told to let clients in to, and the term of that. */
  #led: { readonly member: string; readonly term: number } | null = null;
  #isWorking = false;
  #isAsked = false;
  #isLeaving = false;
  #problem = "";
  #work: Promise<void> = Promise.resolve();
  #next: Cancel = () => undefined;

  constructor(options: HaproxyRouteOptions) {
    this.#options = options;
    this.name = options.config.name;
    this.#view = unknownView(options.group);
    this.#wake();
  }

  follow(view: RouteView): void {
    this.#view = view;
    this.#wake();
  }

  get status(): HaproxyRouteStatus {
    return {
      name: this.name,
      pid: process.pid,
      view: this.#view,
      servers: this.#servers,
      hold: this.#hold,
      problem: this.#problem,
    };
  }

  async close(drainMs: number): Promise<void> {
    const { clock } = this.#options;
    this.#isLeaving = true;
    this.#next();
    await this.#work;
    const endAtMs = clock.nowMs() + drainMs;
    const stay = this.#led?.member ?? null;
    while (clock.nowMs() < endAtMs && (await this.#leave({ ...NOBODY, stay }))) await sleep(clock, 50);
    await this.#leave(NOBODY);
  }

  /** Brings it about; whether members have clients still. */
  async #leave(wanted: Wanted): Promise<boolean> {
    try {
      await this.#assert(wanted);
      return this.#servers.some(({ name, sessions }) => sessions > 0 && this.#members.includes(name));
    } catch (error) {
      this.#report(messageOf(error));
      return false;
    }
  }

  #wake(): void {
    this.#isAsked = true;
    if (!this.#isWorking && !this.#isLeaving) this.#work = this.#workWhileAsked();
  }

  async #workWhileAsked(): Promise<void> {
    this.#isWorking = true;
    this.#next();
    while (this.#isAsked && !this.#isLeaving) {
      this.#isAsked = false;
      try {
        await this.#bring();
        this.#report(this.#doubts());
      } catch (error) {
        this.#servers = [];
        this.#report(messageOf(error));
      }
    }
    this.#isWorking = false;
    if (!this.#isLeaving) this.#next = this.#options.clock.after(LOOK_MS, () => this.#wake());
  }

  async #bring(): Promise<void> {
    const view = this.#view;
    // The store has told nothing yet: HAProxy stays as it is.
    if (!view.isFresh && view.term === 0) return this.#look();
    const choice = readWrite.choose(view, NOTHING_KNOWN);
    this.#hold = "hold" in choice ? choice.hold : null;
    const ready = "to" in choice ? choice.to.member : null;
    const stay = view.open ? view.primary : null;
    const isNewTerm = this.#led !== null && this.#led.member === stay && this.#led.term !== view.term;
    await this.#assert({ ready, stay, isNewTerm, hold: this.#options.config.hold });
    if (stay !== null) this.#led = { member: stay, term: view.term };
  }

  async #assert(wanted: Wanted): Promise<void> {
    const { config } = this.#options;
    await this.#look();
    const commands = commandsFor(config.backend, this.#members, this.#servers, wanted);
    if (commands.length === 0) return;
    const answer = (await askHaproxy(config.socket, commands)).trim();
    if (answer !== "") throw new Failure(`HAProxy did not do all of "${commands.join("; ")}": ${answer}`);
    await this.#look();
  }

  async #look(): Promise<void> {
    const { socket, backend } = this.#options.config;
    const servers = serversIn(await askHaproxy(socket, lookCommands(backend)));
    if (servers === null) throw new Failure(`HAProxy at ${socket} has no backend "${backend}"`);
    this.#servers = servers;
  }

  /** What of HAProxy's configuration does not fit; empty: all does. */
  #doubts(): string {
    const { backend, hold } = this.#options.config;
    const names = this.#servers.map(({ name }) => name);
    const missing = [...this.#members, ...(hold === null ? [] : [hold])].filter((name) => !names.includes(name));
    if (missing.length > 0)
      return `HAProxy's backend "${backend}" has no server ${missing.join(", ")}: it has ${names.join(", ") || "none"}`;
    const open = this.#servers.filter(
      ({ name, isDisabledAtStart }) => this.#members.includes(name) && !isDisabledAtStart,
    );
    if (open.length === 0) return "";
    return `HAProxy's backend "${backend}" lets clients in to ${open.map(({ name }) => name).join(", ")} when it starts, until it is told otherwise: write "disabled" behind these servers in its configuration`;
  }

  get #members(): readonly string[] {
    return Object.keys(this.#options.addresses);
  }

  /** Each problem once, and its end. */
  #report(problem: string): void {
    if (problem === this.#problem) return;
    const { log, config } = this.#options;
    log(problem === "" ? `HAProxy at ${config.socket} is as it should be` : problem);
    this.#problem = problem;
  }
}
