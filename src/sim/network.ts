import type { Random } from "./random.ts";
import type { Timeline } from "./timeline.ts";

/** How messages travel when nothing is cut. */
export interface Weather {
  /** One way, in milliseconds; the rest is what is added at random, most often little. */
  readonly baseMs: number;
  readonly jitterMs: number;
  /** Of each message. A stream sends it again, later. */
  readonly loss: number;
  /** A message that overtakes, or stays on its way for seconds. */
  readonly strays: number;
}

export const CALM: Weather = { baseMs: 0.2, jitterMs: 0.3, loss: 0, strays: 0 };

/** A stream sends again what was lost: first after, and until it is given up. */
const AGAIN_MS = 200;
const GIVE_UP_MS = 5000;

/** How long a message that strays may be on its way. */
const STRAY_MS = 4000;

interface Part {
  readonly from: string;
  readonly to: string;
  readonly arrive: () => void;
  readonly broken: () => void;
}

/** Carries messages between hosts, by name. */
export class Network {
  readonly #timeline: Timeline;
  readonly #random: Random;
  readonly #cut = new Set<string>();
  readonly #pipes = new Map<string, Part[]>();
  weather: Weather = CALM;

  constructor(timeline: Timeline, random: Random) {
    this.#timeline = timeline;
    this.#random = random;
  }

  /** Nothing gets from `from` to `to` any more; the way back is another one. */
  cut(from: string, to: string): void {
    this.#cut.add(`${from}>${to}`);
  }

  mend(from: string, to: string): void {
    this.#cut.delete(`${from}>${to}`);
  }

  mendAll(): void {
    this.#cut.clear();
    this.weather = CALM;
  }

  passes(from: string, to: string): boolean {
    return from === to || this.#cut.size === 0 || !this.#cut.has(`${from}>${to}`);
  }

  /** One message; it may get lost, arrive late, or after one that was sent later. */
  send(from: string, to: string, arrive: () => void, random: Random = this.#random): void {
    const { loss, strays } = this.weather;
    if (!this.passes(from, to) || (from !== to && random.chance(loss))) return;
    const lateMs = from !== to && random.chance(strays) ? random.between(0, STRAY_MS) : 0;
    this.#timeline.after(this.#delayMs(from, to, random) + lateMs, arrive);
  }

  /** A question or an answer on a connection: what is lost is sent again, what is cut off is not heard of. It may stray, too. */
  carry(from: string, to: string, arrive: () => void, triedMs = 0): void {
    const { loss, strays } = this.weather;
    if (triedMs > GIVE_UP_MS || !this.passes(from, to)) return;
    if (from !== to && this.#random.chance(loss)) {
      this.#timeline.after(AGAIN_MS, () => this.carry(from, to, arrive, triedMs + AGAIN_MS));
      return;
    }
    const lateMs = from !== to && this.#random.chance(strays) ? this.#random.between(0, STRAY_MS) : 0;
    this.#timeline.after(this.#delayMs(from, to) + lateMs, arrive);
  }

  /** A part of the stream `id`: all parts arrive in their order, or the stream breaks: then `broken` is called. */
  stream(id: string, from: string, to: string, arrive: () => void, broken: () => void): void {
    const part = { from, to, arrive, broken };
    const waiting = this.#pipes.get(id);
    if (waiting !== undefined) return void waiting.push(part);
    const parts = [part];
    this.#pipes.set(id, parts);
    this.#forward(id, parts, 0);
  }

  /** The first part goes; what was lost is sent again before anything behind it. */
  #forward(id: string, waiting: Part[], triedMs: number): void {
    const part = waiting[0];
    if (part === undefined) return void this.#pipes.delete(id);
    const { from, to, arrive, broken } = part;
    if (triedMs > GIVE_UP_MS) {
      this.#pipes.delete(id);
      return broken();
    }
    const isLost = !this.passes(from, to) || (from !== to && this.#random.chance(this.weather.loss));
    if (isLost) {
      this.#timeline.after(AGAIN_MS, () => this.#forward(id, waiting, triedMs + AGAIN_MS));
      return;
    }
    this.#timeline.after(this.#delayMs(from, to), () => {
      waiting.shift();
      this.#forward(id, waiting, 0);
      arrive();
    });
  }

  #delayMs(from: string, to: string, random: Random = this.#random): number {
    if (from === to) return 0.05 + 0.1 * random.next();
    const { baseMs, jitterMs } = this.weather;
    const late = random.next();
    return baseMs + jitterMs * (late * late * late);
  }
}
