import type { ServiceAction } from "../core/service-action.ts";
import { Failure } from "../lib/failure.ts";
import type { Process } from "./host.ts";
import type { World } from "./world.ts";

/** A step that began while the disk was slow does not go on so for minutes when it is well again. */
const SLOWEST_MS = 10_000;

/** What an agent asks of a pretended service is done in steps: the agent may die, or hang, between any two of them. */
export class Steps {
  readonly #world: World;
  readonly #member: string;
  readonly #process: Process;
  #life = 0;

  constructor(world: World, member: string, process: Process) {
    this.#world = world;
    this.#member = member;
    this.#process = process;
  }

  /** Whatever is under way ends with a failure. */
  giveUp(): void {
    this.#life++;
  }

  /** Has `doing` done for `action`, unless it is one of those that fail. */
  async do(action: ServiceAction, doing: () => Promise<void>): Promise<void> {
    await this.step(`${action.do}: begin`);
    if (action.do !== "stop" && this.#world.random.service.chance(this.#world.failingActions)) {
      this.#world.mark("an action failed");
      throw new Failure("a pretended failure");
    }
    await doing();
    await this.step(`${action.do}: done`);
  }

  /** A step that takes a moment; the agent may die at it, and the rest does not happen. */
  step(name: string, mostMs = 3): Promise<void> {
    const life = this.#life;
    const slow = this.#world.diskFactor(this.#member);
    const ms = Math.min(SLOWEST_MS, this.#world.random.service.between(0.2, mostMs) * slow);
    return new Promise((resolve, reject) => {
      if (!this.#world.step(this.#process, name)) return;
      this.#process.clock.after(ms, () => (life === this.#life ? resolve() : reject(new Failure("it was given up"))));
    });
  }

  /** Waits until `holds`; rejects with a `Failure` after `withinMs`. */
  async until(what: string, withinMs: number, holds: () => boolean): Promise<void> {
    const life = this.#life;
    const endAtMs = this.#process.clock.nowMs() + withinMs;
    while (!holds()) {
      if (this.#process.clock.nowMs() > endAtMs) throw new Failure(`Waited in vain until ${what}`);
      await new Promise<void>((resolve) => this.#process.clock.after(2, resolve));
      if (life !== this.#life) throw new Failure("it was given up");
    }
  }
}
