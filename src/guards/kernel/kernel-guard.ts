import type { Clock } from "../../lib/clock.ts";
import { Failure } from "../../lib/failure.ts";
import type { GuardTarget } from "../../services/service.ts";
import type { Admitted, Guard, GuardState } from "../guard.ts";
import { Door } from "./door.ts";
import type { DoorPlan } from "./door-text.ts";
import { NftShell } from "./nft-shell.ts";
import { removeStaleTables } from "./stale-tables.ts";

export interface KernelGuardOptions {
  /** By the group's name; groups without doors are left to `behind`. */
  readonly plans: Readonly<Record<string, DoorPlan>>;
  /** Ends the processes behind the doors. Closed together with this guard, once that was opened. */
  readonly behind: Guard;
  readonly clock: Clock;
}

/**
 * Opens the guard whose doors the kernel closes. Doors that are found are taken as they are; the tables of
 * nodes that are gone are removed. Rejects with a `Failure` when the kernel cannot be asked.
 */
export async function openKernelGuard(options: KernelGuardOptions): Promise<Guard> {
  const nft = new NftShell();
  try {
    const guard = new KernelGuard(options, nft);
    await guard.begin();
    return guard;
  } catch (error) {
    nft.close();
    throw error;
  }
}

/** What is kept of one group's doors besides what the kernel keeps. */
interface Entrance {
  readonly door: Door;
  admitted: Admitted;
  /** The clients' door is as `admitted` says. */
  isApplied: boolean;
  /** Since when the doors are known to have closed by themselves. */
  closedAtMs: number | null;
  last: Promise<unknown>;
}

/** Doors in the kernel, and behind them the guard that ends the processes. */
class KernelGuard implements Guard {
  readonly kind = "kernel";
  readonly #behind: Guard;
  readonly #clock: Clock;
  readonly #nft: NftShell;
  readonly #entrances: ReadonlyMap<string, Entrance>;
  readonly #bells: (() => void)[] = [];

  constructor({ plans, behind, clock }: KernelGuardOptions, nft: NftShell) {
    this.#nft = nft;
    this.#behind = behind;
    this.#clock = clock;
    const entrance = (plan: DoorPlan): Entrance => ({
      door: new Door(plan, nft, clock),
      admitted: "members",
      isApplied: false,
      closedAtMs: null,
      last: Promise.resolve(),
    });
    this.#entrances = new Map(Object.entries(plans).map(([group, plan]) => [group, entrance(plan)]));
    behind.onChange(() => this.#ring());
  }

  async begin(): Promise<void> {
    await removeStaleTables(this.#nft);
    for (const [group, entrance] of this.#entrances) {
      const isOrphan = this.#behind.state(group).state === "idle" && (await entrance.door.exists());
      if (isOrphan) entrance.closedAtMs = this.#clock.nowMs();
    }
  }

  async arm(group: string, untilMs: number, target: GuardTarget): Promise<void> {
    const entrance = this.#entrances.get(group);
    if (entrance !== undefined) await inTurn(entrance, () => this.#keep(group, entrance, untilMs));
    await this.#behind.arm(group, untilMs, target);
  }

  admit(group: string, admitted: Admitted): void {
    this.#behind.admit(group, admitted);
    const entrance = this.#entrances.get(group);
    if (entrance === undefined) return;
    if (entrance.admitted !== admitted) entrance.isApplied = false;
    entrance.admitted = admitted;
    const state = this.#behind.state(group);
    if (entrance.isApplied || state.state !== "armed") return;
    // What fails here is tried again with the next renewal, or when it is said again.
    inTurn(entrance, () => this.#apply(group, entrance)).catch(() => undefined);
  }

  /** The processes first: whoever the doors keep out may come in only when nobody is there any more who must not answer. */
  async disarm(group: string): Promise<void> {
    await this.#behind.disarm(group);
    const entrance = this.#entrances.get(group);
    if (entrance === undefined) return;
    await inTurn(entrance, () => this.#remove(entrance));
  }

  state(group: string): GuardState {
    const state = this.#behind.state(group);
    const closedAtMs = this.#entrances.get(group)?.closedAtMs ?? null;
    if (closedAtMs === null || state.state === "lost" || state.state === "fired") return state;
    return { state: "fired", atMs: closedAtMs };
  }

  onChange(then: () => void): void {
    this.#bells.push(then);
  }

  /** Doors that are in use stay as they are: they close by themselves. */
  async close(end: boolean): Promise<void> {
    await this.#behind.close(end);
    this.#nft.close();
  }

  /** Before the guard behind hears of it: what the kernel refuses prolongs nothing there either. */
  async #keep(group: string, entrance: Entrance, untilMs: number): Promise<void> {
    const state = this.#behind.state(group);
    if (hasEnded(state, this.#clock.nowMs())) return;
    const endMs = state.state === "armed" ? Math.max(state.untilMs, untilMs) : untilMs;
    const { door } = entrance;
    if (entrance.closedAtMs !== null) throw closed(group);
    const wanted = entrance.admitted;
    let kept = await door.keep(endMs, wanted === "everybody");
    if (kept === "absent") {
      await door.build();
      kept = await door.keep(endMs, wanted === "everybody");
    }
    entrance.isApplied = kept === "kept" && entrance.admitted === wanted;
    if (kept !== "expired") return;
    entrance.closedAtMs = this.#clock.nowMs();
    this.#ring();
    throw closed(group);
  }

  async #apply(group: string, entrance: Entrance): Promise<void> {
    const state = this.#behind.state(group);
    if (!entrance.isApplied && state.state === "armed") await this.#keep(group, entrance, state.untilMs);
  }

  async #remove(entrance: Entrance): Promise<void> {
    try {
      await entrance.door.remove();
      entrance.closedAtMs = null;
      entrance.isApplied = false;
    } catch (error) {
      // Not idle: it will be told again.
      entrance.closedAtMs ??= this.#clock.nowMs();
      throw error;
    }
  }

  #ring(): void {
    for (const bell of this.#bells) bell();
  }
}

function hasEnded(state: GuardState, nowMs: number): boolean {
  return state.state === "fired" || (state.state === "armed" && state.untilMs <= nowMs);
}

function closed(group: string): Failure {
  return new Failure(
    `Cannot guard "${group}" any longer: its doors have closed because they were not renewed in time. Disarm it before it may run again`,
  );
}

/** One after the other, however each ends. */
function inTurn<T>(entrance: Entrance, what: () => Promise<T>): Promise<T> {
  const next = entrance.last.then(what);
  entrance.last = next.catch(() => undefined);
  return next;
}
