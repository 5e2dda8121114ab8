import { askPosition } from "./commands.ts";
import type { Role } from "./environment.ts";
import type { Place } from "./place.ts";

/** Between questions; one that hangs holds nothing up. */
const ASK_EVERY_MS = 1000;
const ANSWER_MS = 5000;

/** How far the process's data goes, as it says itself: for status, and for whoever wants to know how far a standby is behind. */
export class Position {
  readonly #place: Place;
  #offset = 0;
  #isAsking = false;
  #nextMs = 0;

  constructor(place: Place) {
    this.#place = place;
  }

  /** What was said last, asked for anew beside it; 0 where nobody can be asked. */
  last(role: Role): number {
    const { clock, config } = this.#place;
    if (config.position === null || this.#isAsking || clock.nowMs() < this.#nextMs) return this.#offset;
    this.#isAsking = true;
    void askPosition(this.#place, role, ANSWER_MS)
      .then((offset) => (this.#offset = offset))
      .catch(() => undefined)
      .finally(() => {
        this.#isAsking = false;
        this.#nextMs = clock.nowMs() + ASK_EVERY_MS;
      });
    return this.#offset;
  }
}
