import { statfs } from "node:fs/promises";
import { join } from "node:path";
import type { Clock } from "../../lib/clock.ts";
import { formatBytes } from "../../lib/units.ts";

/** A server's log grows in files of usually 4 or 16 MB, each made as a whole: with less room the next one cannot be made. */
const LEAST_BYTES = 16 * 1024 * 1024;

/** Between looks; asking costs next to nothing, but not nothing. */
const LOOK_MS = 1000;

/** Whether the disks of a member have room: its server's log, its data, and what its agent remembers. */
export class DiskRoom {
  readonly #directories: readonly string[];
  readonly #clock: Clock;
  #problem: string | null = null;
  #nextLookAtMs = 0;

  constructor(data: string, memberDirectory: string, clock: Clock) {
    this.#directories = [join(data, "pg_wal"), data, memberDirectory];
    this.#clock = clock;
  }

  /** Which disk is full and what to do, as it was a moment ago: a disk that does not answer holds up nobody. `null`: none is. */
  get problem(): string | null {
    const nowMs = this.#clock.nowMs();
    if (nowMs >= this.#nextLookAtMs) {
      this.#nextLookAtMs = nowMs + LOOK_MS;
      void this.look();
    }
    return this.#problem;
  }

  /** The same, as it is now. */
  async look(): Promise<string | null> {
    const found = await Promise.all(this.#directories.map(problemOf));
    this.#problem = found.find((problem) => problem !== null) ?? null;
    return this.#problem;
  }
}

/** A directory that is missing, or whose system does not tell, is no problem of room. */
async function problemOf(directory: string): Promise<string | null> {
  const disk = await statfs(directory).catch(() => null);
  if (disk === null || disk.blocks === 0) return null;
  const left = disk.bavail * disk.bsize;
  if (left >= LEAST_BYTES) return null;
  return `The disk of "${directory}" is full, or soon will be: ${formatBytes(left)} left. Make room; what waits for it then goes on by itself.`;
}
