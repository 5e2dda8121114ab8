import type { Cancel, Clock } from "../lib/clock.ts";
import { Failure } from "../lib/failure.ts";
import type { GuardTarget } from "../services/service.ts";
import type { GuardState } from "./guard.ts";

/** What the book needs of the world. */
export interface GuardBookWorld {
  readonly clock: Clock;
  /** Ends the target's service for good; resolves once nothing of it is left, and never rejects. */
  readonly end: (target: GuardTarget, group: string) => Promise<void>;
  /** Called when a state changed by itself. */
  readonly fired: (group: string) => void;
}

interface Watch {
  untilMs: number;
  target: GuardTarget;
  cancel: Cancel;
  /** Set from the deadline on; resolves once nothing of the service is left. */
  ending: Promise<void> | null;
  firedAtMs: number | null;
}

/**
 * What a guard watches, until when, and what happens then: the same lines in the guard's program and in
 * the simulator. An end never moves backwards, and once it has passed only {@link disarm} helps, however
 * late the timer was: every question is compared with the clock at that moment.
 */
export class GuardBook {
  readonly #world: GuardBookWorld;
  readonly #watches = new Map<string, Watch>();

  constructor(world: GuardBookWorld) {
    this.#world = world;
  }

  /** See {@link Guard.arm}. A first call that comes after its own end closes the door as well: whoever sent it meant so. */
  arm(group: string, untilMs: number, target: GuardTarget): void {
    const nowMs = this.#world.clock.nowMs();
    const known = this.#watches.get(group);
    const endMs = known && hasEnded(known, nowMs) ? known.untilMs : Math.max(known?.untilMs ?? 0, untilMs);
    const watch = known ?? { untilMs, target, cancel: () => undefined, ending: null, firedAtMs: null };
    this.#watches.set(group, watch);
    if (endMs > nowMs) return this.#wait(group, Object.assign(watch, { untilMs: endMs, target }));
    this.#fire(group, watch);
    throw new Failure(
      `Cannot guard "${group}" any longer: its time ran out ${Math.ceil(nowMs - endMs)} ms ago and its service is being ended. Disarm it before it may run again`,
    );
  }

  /** See {@link Guard.disarm}. While the service is being ended it waits for that. */
  async disarm(group: string): Promise<void> {
    const watch = this.#watches.get(group);
    if (watch === undefined) return;
    watch.cancel();
    await watch.ending;
    this.#watches.delete(group);
  }

  /** All groups that are not idle. */
  states(): Readonly<Record<string, GuardState>> {
    return Object.fromEntries([...this.#watches].map(([group, watch]) => [group, stateOf(watch)]));
  }

  state(group: string): GuardState {
    const watch = this.#watches.get(group);
    return watch ? stateOf(watch) : { state: "idle" };
  }

  /** Whether a service still depends on it. */
  get isGuarding(): boolean {
    return [...this.#watches.values()].some((watch) => watch.firedAtMs === null);
  }

  #wait(group: string, watch: Watch): void {
    watch.cancel();
    const leftMs = watch.untilMs - this.#world.clock.nowMs();
    if (leftMs <= 0) return this.#fire(group, watch);
    watch.cancel = this.#world.clock.after(leftMs, () => this.#wait(group, watch));
  }

  #fire(group: string, watch: Watch): void {
    if (watch.ending !== null) return;
    watch.cancel();
    watch.ending = this.#world.end(watch.target, group).then(() => {
      watch.firedAtMs = this.#world.clock.nowMs();
      this.#world.fired(group);
    });
  }
}

function hasEnded(watch: Watch, nowMs: number): boolean {
  return watch.ending !== null || watch.untilMs <= nowMs;
}

function stateOf(watch: Watch): GuardState {
  return watch.firedAtMs === null
    ? { state: "armed", untilMs: watch.untilMs }
    : { state: "fired", atMs: watch.firedAtMs };
}
