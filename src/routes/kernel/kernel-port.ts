import { randomInt } from "node:crypto";
import type { Address } from "../../config/config.ts";
import type { NftObject, NftShell } from "../../guards/kernel/nft-shell.ts";
import { sleep, type Cancel, type Clock } from "../../lib/clock.ts";
import { Failure, messageOf } from "../../lib/failure.ts";
import { unknownView, type RouteView } from "../route.ts";
import { connectionsTo, isAlive, stands, type Known } from "./connections.ts";
import { knock } from "./knock.ts";
import { buildText, changeText, fingerprint, knockText, renewText, type PortPlan } from "./table-text.ts";
import { markOf, type Directed, type Knowledge, type Stay, type Way } from "./way.ts";

export interface KernelPortOptions {
  readonly group: string;
  readonly plan: PortPlan;
  readonly direct: (view: RouteView, knowledge: Knowledge, isRefusing: boolean) => Directed;
  /** Where a member is now, as an IPv4 address; `null`: not known. */
  readonly addressOf: (member: string) => Address | null;
  readonly holdMs: number;
  /** For so long the kernel goes on leading new connections when nobody renews it. */
  readonly leaseMs: number;
  readonly nft: NftShell;
  readonly clock: Clock;
  readonly log: (text: string) => void;
}

/** What one port looks like now. */
export interface KernelPortStatus {
  readonly address: Address;
  /** Where new connections go. */
  readonly to: readonly string[];
  /** Why they wait; `null`: they do not. */
  readonly hold: string | null;
  readonly connections: number;
  /** How many clients were reset since the start. */
  readonly cut: number;
  /** What went wrong last; empty: nothing. */
  readonly problem: string;
}

/** So many times a client is made to speak that is to be reset, and at most so many at a time. */
const KNOCKS = 20;
const KNOCKED_AT_ONCE = 200;
/** A client answers such packets twice a second at most. */
const KNOCK_PAUSE_MS = 550;
/** A table that somebody has removed is made again after at most that, and what has gone wrong is tried again. */
const LOOK_MS = 250;
const NOBODY: Way = { to: [], mark: 0, stay: { mark: null }, isRefusing: true };

/**
 * One virtual port in the kernel: a table of its own, which stays when we go. A new view is brought to it in one transaction; whoever may not
 * stay is reset.
 */
export class KernelPort {
  readonly #options: KernelPortOptions;
  #view: RouteView;
  #directed: Directed | null = null;
  /** What was brought to the kernel last; `null`: another process did, or nobody. */
  #told: string | null = null;
  #isWorking = false;
  #isAsked = false;
  #isLeaving = false;
  #heldSinceMs: number | null = null;
  #knocksLeft = 0;
  #knockedAtMs = -Infinity;
  #cut = 0;
  #problem = "";
  #work: Promise<void> = Promise.resolve();
  #next: Cancel = () => undefined;

  private constructor(options: KernelPortOptions) {
    this.#options = options;
    this.#view = unknownView(options.group);
  }

  /** Adopts the table that is there, as it is, or makes it, closed. Rejects with a `Failure` when the kernel does not take it. */
  static async open(options: KernelPortOptions): Promise<KernelPort> {
    const port = new KernelPort(options);
    if (!(await port.#isThere())) await port.#build();
    port.#lookLater();
    return port;
  }

  follow(view: RouteView): void {
    this.#view = view;
    this.#wake();
  }

  get status(): KernelPortStatus {
    const { plan } = this.#options;
    return {
      address: plan.listen,
      to: this.#directed?.members ?? [],
      hold: this.#directed?.hold ?? null,
      connections: this.#connections().filter(stands).length,
      cut: this.#cut,
      problem: this.#problem,
    };
  }

  /** New connections are refused, standing ones get `drainMs`, then they are reset and the table is removed. */
  async close(drainMs: number): Promise<void> {
    const { nft, plan } = this.#options;
    this.#isLeaving = true;
    this.#next();
    await this.#work;
    const standing = (): boolean => this.#connections().some(stands);
    const stay = this.#directed?.way.stay ?? NOBODY.stay;
    await this.#twice(() => this.#change({ ...NOBODY, stay }));
    await this.#until(drainMs, async () => !standing());
    await this.#twice(() => this.#change(NOBODY));
    await this.#until(2 * KNOCK_PAUSE_MS, async () => {
      await this.#twice(() => this.#cutStale(NOBODY.stay));
      return !standing();
    });
    await this.#twice(() => nft.ask(`delete table inet ${plan.table}`));
  }

  /** Whatever asks us to end may have ended `nft` with us; the second time there is a new one. */
  async #twice(act: () => Promise<unknown>): Promise<void> {
    await act()
      .catch(act)
      .catch((error: unknown) => this.#report(messageOf(error)));
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
        this.#report("");
      } catch (error) {
        this.#report(messageOf(error));
      }
    }
    this.#isWorking = false;
    if (!this.#isLeaving) this.#lookLater();
  }

  #lookLater(): void {
    const { clock, leaseMs } = this.#options;
    this.#next = clock.after(Math.min(LOOK_MS, leaseMs / 4), () => this.#wake());
  }

  async #bring(): Promise<void> {
    // The store has told nothing yet: what is there stays, and leads nobody any more when its time is over.
    if (!this.#view.isFresh && this.#view.term === 0) return;
    const { direct, addressOf } = this.#options;
    const knowledge: Knowledge = { addressOf, standingIn: (term) => this.#aliveIn(term) };
    const directed = direct(this.#view, knowledge, this.#isRefusing());
    const { way, hold } = directed;
    this.#heldSinceMs = hold === null ? null : (this.#heldSinceMs ?? this.#options.clock.nowMs());
    await this.#change(way);
    this.#directed = directed;
    await this.#cutStale(way.stay);
  }

  /** Whether new connections have waited for long enough. */
  #isRefusing(): boolean {
    const { clock, holdMs } = this.#options;
    return this.#heldSinceMs !== null && clock.nowMs() - this.#heldSinceMs >= holdMs;
  }

  async #change(way: Way): Promise<void> {
    const text = JSON.stringify(way);
    if (text === this.#told && (await this.#tell(renewText, way))) return;
    if (!(await this.#tell(changeText, way))) await this.#buildAnd(way);
    this.#told = text;
    this.#knocksLeft = KNOCKS;
    this.#knockedAtMs = -Infinity;
  }

  /** One transaction; whether it was taken. */
  async #tell(textOf: typeof changeText, way: Way): Promise<boolean> {
    const { plan, leaseMs, nft } = this.#options;
    const number = randomInt(1, 2 ** 31);
    const objects = await nft.ask(textOf(plan, way, number, leaseMs), `list set inet ${plan.table} told`);
    return toldIn(objects) === number;
  }

  /** Resets whoever may not stay; those that say nothing are made to, again and again for a while. */
  async #cutStale(stay: Stay): Promise<void> {
    const { clock, nft, plan } = this.#options;
    if (this.#knocksLeft <= 0 || clock.nowMs() - this.#knockedAtMs < KNOCK_PAUSE_MS) return;
    const stale = this.#connections().filter((known) => stands(known) && !mayStay(known, stay));
    if (this.#knockedAtMs === -Infinity) this.#cut += stale.length;
    this.#knockedAtMs = clock.nowMs();
    this.#knocksLeft -= stale.length === 0 ? KNOCKS : 1;
    for (let i = 0; i < stale.length; i += KNOCKED_AT_ONCE) {
      const clients = stale.slice(i, i + KNOCKED_AT_ONCE).map(({ client }) => client);
      await nft.ask(knockText(plan, clients));
      knock(plan.listen.host, clients);
    }
  }

  #aliveIn(term: number): number {
    return this.#connections().filter((known) => known.mark === markOf(term) && isAlive(known)).length;
  }

  #connections(): readonly Known[] {
    return connectionsTo(this.#options.plan.listen);
  }

  async #isThere(): Promise<boolean> {
    const { nft, plan } = this.#options;
    const objects = await nft.ask(`list chain inet ${plan.table} about`);
    return objects.some(({ rule }) => rule?.["comment"] === fingerprint(plan));
  }

  async #build(): Promise<void> {
    const { nft, plan } = this.#options;
    this.#told = null;
    await nft.ask(buildText(plan));
    const { complaint } = nft;
    if (!(await this.#isThere())) throw new Failure(`The kernel did not take the table of the route: ${complaint}`);
  }

  async #buildAnd(way: Way): Promise<void> {
    const { nft, plan } = this.#options;
    await this.#build();
    if (!(await this.#tell(changeText, way)))
      throw new Failure(`The kernel does not lead ${plan.listen.host}:${plan.listen.port}: ${nft.complaint}`);
  }

  async #until(withinMs: number, holds: () => Promise<boolean>): Promise<void> {
    const { clock } = this.#options;
    const endAtMs = clock.nowMs() + withinMs;
    while (clock.nowMs() < endAtMs && !(await holds())) await sleep(clock, 20);
  }

  /** Each problem once, and its end. */
  #report(problem: string): void {
    if (problem === this.#problem) return;
    const { log, plan } = this.#options;
    log(problem === "" ? `${plan.listen.host}:${plan.listen.port} is led by the kernel again` : problem);
    this.#problem = problem;
  }
}

function mayStay({ mark, upstream }: Known, stay: Stay): boolean {
  if ("mark" in stay) return stay.mark !== null && mark === stay.mark;
  return stay.members.some(({ host, port }) => host === upstream.host && port === upstream.port);
}

/** The number of the last change that the table took. */
function toldIn(objects: readonly NftObject[]): number | null {
  const set = objects.find(({ set: found }) => found?.["name"] === "told")?.["set"];
  const elements = set?.["elem"];
  return Array.isArray(elements) && typeof elements[0] === "number" ? elements[0] : null;
}
