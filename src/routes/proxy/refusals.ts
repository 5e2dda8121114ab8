interface Refused {
  untilMs: number;
  count: number;
  /** Whether somebody is trying it right now on behalf of all. */
  isTried: boolean;
}

/** Before the first retry; a little random, so that several proxies do not come at once. */
const FIRST_MS = 20;

/**
 * Which members have refused lately. Such a member is left alone for a moment, then one connection at a
 * time tries it, and once that has worked it is as before.
 */
export class Refusals {
  readonly #maxMs: number;
  readonly #random: () => number;
  readonly #refused = new Map<string, Refused>();

  /** `maxMs`: the longest that a member is left alone. */
  constructor(maxMs: number, random: () => number = Math.random) {
    this.#maxMs = maxMs;
    this.#random = random;
  }

  /** It refused. Whether that is news: it had been working before. */
  note(member: string, nowMs: number): boolean {
    const count = (this.#refused.get(member)?.count ?? 0) + 1;
    const waitMs = Math.min(this.#maxMs, FIRST_MS * 2 ** (count - 1) * (1 + this.#random() / 2));
    this.#refused.set(member, { untilMs: nowMs + waitMs, count, isTried: false });
    return count === 1;
  }

  /** Until when it is left alone. */
  untilMs(member: string): number {
    return this.#refused.get(member)?.untilMs ?? 0;
  }

  mayTry(member: string, nowMs: number): boolean {
    const refused = this.#refused.get(member);
    return refused === undefined || (!refused.isTried && nowMs >= refused.untilMs);
  }

  /** Somebody begins to try it. */
  trying(member: string): void {
    const refused = this.#refused.get(member);
    if (refused) refused.isTried = true;
  }

  /** Whoever tried it has gone before there was an answer. */
  abandoned(member: string): void {
    const refused = this.#refused.get(member);
    if (refused) refused.isTried = false;
  }

  worked(member: string): void {
    this.#refused.delete(member);
  }

  /** Everything may have changed: try at once. */
  forget(): void {
    this.#refused.clear();
  }
}
