import type { Cancel, Clock } from "../lib/clock.ts";
import type { Timeline } from "./timeline.ts";

/** A machine: its processes share one clock, which runs at a rate of its own, and its power. */
export class Host {
  readonly name: string;
  readonly timeline: Timeline;
  /** How fast its clock runs, by the world's: 1.01 is one percent too fast. */
  readonly rate: number;
  readonly #bootMs: number;
  readonly processes = new Set<Process>();
  /** How far its wall clock is wrong. Nothing may depend on it. */
  wallSkewMs = 0;
  isUp = true;
  /** How often it has lost power. */
  boots = 0;
  /** How many reasons there are for nothing on it to go on; what is begun meanwhile does not, either. */
  freezes = 0;

  constructor(name: string, timeline: Timeline, rate: number, bootMs: number) {
    this.name = name;
    this.timeline = timeline;
    this.rate = rate;
    this.#bootMs = bootMs;
  }

  /** Its monotonic clock. */
  nowMs(): number {
    return this.#bootMs + this.timeline.nowMs * this.rate;
  }

  get isFrozen(): boolean {
    return this.freezes > 0;
  }

  freeze(): void {
    this.freezes += 1;
    for (const process of this.processes) process.pause();
  }

  thaw(): void {
    if (!this.isFrozen) return;
    this.freezes -= 1;
    for (const process of this.processes) process.resume();
  }

  /** The power goes: nobody says farewell. */
  powerOff(): void {
    this.isUp = false;
    this.freezes = 0;
    this.boots += 1;
    for (const process of this.processes) process.kill();
  }
}

/** A program that runs on a host. Whatever reaches it goes through {@link enter}: nothing reaches a dead one, and a stopped one hears it later. */
export class Process {
  readonly host: Host;
  readonly clock: Clock;
  #isAlive = true;
  #pauses: number;
  #backlog: (() => void)[] = [];

  constructor(host: Host) {
    this.host = host;
    this.#pauses = host.freezes;
    host.processes.add(this);
    this.clock = {
      nowMs: () => host.nowMs(),
      wallMs: () => 1.7e12 + host.timeline.nowMs + host.wallSkewMs,
      after: (ms, then) => this.#after(ms, then),
    };
  }

  get isAlive(): boolean {
    return this.#isAlive;
  }

  get isPaused(): boolean {
    return this.#pauses > 0;
  }

  enter(then: () => void): void {
    if (!this.#isAlive) return;
    if (this.isPaused) this.#backlog.push(then);
    else then();
  }

  kill(): void {
    this.#isAlive = false;
    this.#backlog = [];
    this.host.processes.delete(this);
  }

  /** As by SIGSTOP. Whoever stops it lets it go on again: it runs once all have. */
  pause(): void {
    this.#pauses++;
  }

  /** As by SIGCONT: what it missed comes to it in its order. */
  resume(): void {
    this.#pauses--;
    if (this.#pauses > 0) return;
    const backlog = this.#backlog;
    this.#backlog = [];
    for (const then of backlog) this.host.timeline.after(0, () => this.enter(then));
  }

  #after(ms: number, then: () => void): Cancel {
    let isCancelled = false;
    const cancel = this.host.timeline.after(ms / this.host.rate, () => this.enter(() => isCancelled || then()));
    return () => {
      isCancelled = true;
      cancel();
    };
  }
}
