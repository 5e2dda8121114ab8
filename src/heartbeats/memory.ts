import { randomBytes } from "node:crypto";
import type { Timing } from "../core/timing.ts";
import type { Clock } from "../lib/clock.ts";
import { Exchange } from "./exchange.ts";
import type { Heartbeat, Heartbeats } from "./heartbeats.ts";

/** What carries heartbeats within one process: the reference, and for tests. */
export class MemoryAir {
  readonly #clock: Clock;
  readonly #exchanges = new Map<string, Exchange>();
  /** Whether a heartbeat gets through; all do unless a test says otherwise. */
  passes: (heartbeat: Heartbeat) => boolean = () => true;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** A life of the agent of `me`; the one before hears nothing any more. */
  open(me: string, peers: readonly string[], timing: Timing): Heartbeats {
    const exchange = new Exchange({
      me,
      peers,
      clock: this.#clock,
      timing,
      newLife: () => randomBytes(16).toString("hex"),
      send: (heartbeat) => this.carry(heartbeat),
      stuckMs: () => 0,
    });
    this.#exchanges.set(me, exchange);
    return exchange;
  }

  /** Brings a heartbeat to its receiver; also one that was brought before. */
  carry(heartbeat: Heartbeat): void {
    if (!this.passes(heartbeat)) return;
    this.#clock.after(0, () => this.#exchanges.get(heartbeat.to)?.receive(heartbeat));
  }
}
