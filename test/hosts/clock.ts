import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Failure } from "../../src/lib/failure.ts";

const LIBRARIES = ["x86_64-linux-gnu", "aarch64-linux-gnu"].map(
  (kind) => `/usr/lib/${kind}/faketime/libfaketimeMT.so.1`,
);

/** Why no clock can be skewed here; `null`: it can. */
export function whyNoSkew(): string | null {
  return LIBRARIES.some(existsSync) ? null : "libfaketime is not installed (package faketime)";
}

/**
 * A host's wall clock that goes wrong. The kernel has one wall clock for all, so it is each process that is told another time,
 * by a library under its C library: PostgreSQL and Node are, what calls the kernel by itself (Go, so etcd) is not, and file
 * times are not. The monotonic clock is left alone, as a wrong clock leaves it alone.
 */
export class SkewedClock {
  readonly #file: string;
  #isSkewed = false;

  constructor(directory: string) {
    this.#file = join(directory, "clock");
  }

  /** Processes that began before the first call never hear of it; others do within some two seconds: the library compares whole ones. */
  skew(ms: number): void {
    const problem = whyNoSkew();
    if (problem !== null) throw new Failure(`The clock cannot be skewed: ${problem}.`);
    writeFileSync(this.#file, `${ms < 0 ? "" : "+"}${ms / 1000}\n`, { mode: 0o644 });
    this.#isSkewed = true;
  }

  /** What a new process of the host needs in its environment. */
  environment(): Readonly<Record<string, string>> {
    const library = LIBRARIES.find(existsSync);
    if (!this.#isSkewed || library === undefined) return {};
    return {
      LD_PRELOAD: library,
      FAKETIME_TIMESTAMP_FILE: this.#file,
      FAKETIME_CACHE_DURATION: "1",
      FAKETIME_DONT_FAKE_MONOTONIC: "1",
      DONT_FAKE_MONOTONIC: "1",
      FAKETIME_DONT_RESET: "1",
      NO_FAKE_STAT: "1",
    };
  }
}
