/** Each bucket reaches a quarter further than the one before: 0.1 ms to about 100 s. */
const RATIO = Math.log(1.25);
const LEAST_MS = 0.1;
const BUCKETS = 64;
/** When so many have been counted all counts are halved: what was long ago fades. */
const HALVED_AT = 1024;

/** How long answers take, lately. */
export class Latencies {
  readonly #counts = new Float64Array(BUCKETS);
  #total = 0;

  add(ms: number): void {
    const at = ms <= LEAST_MS ? 0 : Math.min(BUCKETS - 1, Math.ceil(Math.log(ms / LEAST_MS) / RATIO));
    this.#counts[at] = (this.#counts[at] ?? 0) + 1;
    this.#total += 1;
    if (this.#total >= HALVED_AT) this.#halve();
  }

  get total(): number {
    return this.#total;
  }

  /** So many milliseconds are enough for this part of all answers, rounded up to a quarter more; 0: none has come yet. */
  quantile(part: number): number {
    if (this.#total === 0) return 0;
    let left = this.#total * part;
    for (let at = 0; at < BUCKETS; at += 1) {
      left -= this.#counts[at] ?? 0;
      if (left <= 0) return LEAST_MS * Math.exp(at * RATIO);
    }
    return LEAST_MS * Math.exp(BUCKETS * RATIO);
  }

  #halve(): void {
    this.#total = 0;
    for (let at = 0; at < BUCKETS; at += 1) {
      this.#counts[at] = (this.#counts[at] ?? 0) / 2;
      this.#total += this.#counts[at] ?? 0;
    }
  }
}
