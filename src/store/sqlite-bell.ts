import { watch } from "node:fs";
import type { SqliteFile } from "./sqlite-file.ts";

/**
 * How often the file is looked at although no bell rang. A bell gets lost when a writer is killed between
 * its commit and the ring; each look costs about 0.1 ms of processor time, for waking up.
 */
const LOOK_MS = 200;
/** The same where there is no bell (no inotify, or too many watches in use). */
const LOOK_WITHOUT_BELL_MS = 10;

/**
 * Tells when something under the watched prefixes was changed, by this process or another one. Costs
 * nothing while nothing is watched.
 *
 * The bell is the time stamp of the store's file, which every writer sets after its commit
 * ({@link SqliteFile.ring}) and inotify hears. What changed is then read from the log of changes, so that
 * nobody is woken by changes elsewhere.
 */
export class SqliteBell {
  readonly #store: SqliteFile;
  readonly #file: string;
  readonly #tell: (changed: readonly string[]) => void;
  #prefixes: readonly string[] = [];
  #revision = 0;
  #version = 0;
  #stop: (() => void) | null = null;

  constructor(store: SqliteFile, file: string, tell: (changed: readonly string[]) => void) {
    this.#store = store;
    this.#file = file;
    this.#tell = tell;
  }

  /** From now on these prefixes are watched, and no others. */
  watch(prefixes: readonly string[]): void {
    this.#prefixes = prefixes;
    if (prefixes.length === 0) {
      this.#stop?.();
      this.#stop = null;
    } else if (this.#stop === null) {
      this.#stop = listen(this.#file, () => this.#lookIfChanged());
      this.#revision = this.#store.revision();
    }
  }

  /** Tells of what changed since the last look. An error is passed over: the next look finds it, and whoever reads is told. */
  look(): void {
    if (this.#stop === null) return;
    try {
      const { revision, keys } = this.#store.changesSince(this.#revision);
      this.#revision = revision;
      const changed = this.#prefixes.filter((prefix) => keys === null || keys.some((key) => key.startsWith(prefix)));
      if (changed.length > 0) this.#tell(changed);
    } catch {
      this.#version = 0;
    }
  }

  #lookIfChanged(): void {
    const version = this.#store.version();
    if (version === this.#version) return;
    this.#version = version;
    this.look();
  }
}

/** Calls `then` when the bell rings, and every now and then. */
function listen(file: string, then: () => void): () => void {
  const stopHearing = hear(file, then);
  const timer = setInterval(then, stopHearing === null ? LOOK_WITHOUT_BELL_MS : LOOK_MS);
  return () => {
    clearInterval(timer);
    stopHearing?.();
  };
}

/** `null` where there is no inotify: other ways of watching open and close the file, which drops SQLite's locks on it. */
function hear(file: string, then: () => void): (() => void) | null {
  if (process.platform !== "linux") return null;
  try {
    const watcher = watch(file, then);
    watcher.on("error", () => watcher.close());
    return () => watcher.close();
  } catch {
    return null;
  }
}
