/**
 * Numbers that look random and follow from a seed. Each part of the world draws from a stream of its own
 * ({@link Random.of}), so that leaving something out changes nothing for the others.
 */
export class Random {
  readonly #seed: string;
  #a: number;
  #b: number;
  #c: number;
  #d = 1;

  constructor(seed: string) {
    this.#seed = seed;
    this.#a = hashed(`${seed}/a`);
    this.#b = hashed(`${seed}/b`);
    this.#c = hashed(`${seed}/c`);
    for (let i = 0; i < 12; i++) this.next();
  }

  /** A stream of its own for `part`; the same for the same name. */
  of(part: string): Random {
    return new Random(`${this.#seed}/${part}`);
  }

  /** From 0 up to, not including, 1. */
  next(): number {
    const t = (((this.#a + this.#b) | 0) + this.#d) | 0;
    this.#d = (this.#d + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + t) | 0;
    return (t >>> 0) / 2 ** 32;
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }

  /** Any number from `low` up to `high`. */
  between(low: number, high: number): number {
    return low + (high - low) * this.next();
  }

  /** A whole number from 0 up to, not including, `count`. */
  below(count: number): number {
    return Math.floor(this.next() * count);
  }

  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)] as T;
  }

  /** `many` different ones of `list`, in any order. */
  some<T>(list: readonly T[], many: number): readonly T[] {
    const left = [...list];
    const chosen: T[] = [];
    while (chosen.length < many && left.length > 0) chosen.push(...left.splice(this.below(left.length), 1));
    return chosen;
  }
}

/** FNV-1a with a final mix. */
function hashed(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x7feb352d);
  return (hash ^ (hash >>> 15)) | 0;
}
