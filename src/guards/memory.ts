import type { Clock } from "../lib/clock.ts";
import { Failure } from "../lib/failure.ts";
import type { GuardTarget } from "../services/service.ts";
import { GuardBook } from "./guard-book.ts";
import type { Guard, GuardState } from "./guard.ts";

/** A guard's program that lives in this process: it outlives the agents that open and close it, as the real one does. */
export class MemoryGuardHost {
  readonly #book: GuardBook;
  readonly #open = new Set<MemoryGuard>();
  #isAlive = true;

  /** `end` ends the service of a target, and resolves once nothing of it is left. */
  constructor(clock: Clock, end: (target: GuardTarget) => Promise<void>) {
    this.#book = new GuardBook({ clock, end, fired: () => this.#ring() });
  }

  /** What an agent holds of it. */
  open(): Guard {
    const guard = new MemoryGuard(this);
    this.#open.add(guard);
    return guard;
  }

  /** Pretends that the guard cannot be reached, or can be again. What it watches goes on. */
  setReachable(isReachable: boolean): void {
    this.#isAlive = isReachable;
    this.#ring();
  }

  /** The book, for those who may use it now. */
  bookFor(guard: MemoryGuard): GuardBook {
    if (!this.#isAlive || !this.#open.has(guard)) throw new Failure("The guard cannot be reached");
    return this.#book;
  }

  stateFor(guard: MemoryGuard, group: string): GuardState {
    return this.#isAlive && this.#open.has(guard) ? this.#book.state(group) : { state: "lost" };
  }

  leave(guard: MemoryGuard): void {
    this.#open.delete(guard);
  }

  #ring(): void {
    for (const guard of this.#open) guard.ring();
  }
}

/** The reference implementation: what tests and the simulator use. */
class MemoryGuard implements Guard {
  readonly kind = "memory";
  readonly #host: MemoryGuardHost;
  readonly #bells: (() => void)[] = [];

  constructor(host: MemoryGuardHost) {
    this.#host = host;
  }

  async arm(group: string, untilMs: number, target: GuardTarget): Promise<void> {
    this.#host.bookFor(this).arm(group, untilMs, target);
  }

  admit(): void {
    return; // It has no doors.
  }

  async disarm(group: string): Promise<void> {
    await this.#host.bookFor(this).disarm(group);
  }

  state(group: string): GuardState {
    return this.#host.stateFor(this, group);
  }

  onChange(then: () => void): void {
    this.#bells.push(then);
  }

  ring(): void {
    for (const bell of this.#bells) bell();
  }

  async close(): Promise<void> {
    this.#host.leave(this);
  }
}
