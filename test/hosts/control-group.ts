import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Failure } from "../../src/lib/failure.ts";
import { waitFor } from "./system.ts";

/** The kernel needs some milliseconds a process. */
const END_MS = 10_000;
const FREEZE_MS = 5000;

/** A control group (version 2) of our own: processes that are frozen, thawed and ended together, whoever started them. */
export class ControlGroup {
  readonly directory: string;

  /** Made directly below the mount unless it is there. */
  constructor(...path: readonly string[]) {
    this.directory = join(mountPoint(), ...path);
    mkdirSync(this.directory, { recursive: true });
  }

  /** Those that run, frozen ones too. */
  get pids(): readonly number[] {
    return this.#read("cgroup.procs").split("\n").filter(Boolean).map(Number);
  }

  /** Stops all processes where they are. Throws a {@link Failure} when one of them goes on. */
  freeze(): void {
    this.#write("cgroup.freeze", "1");
    if (!waitFor(() => this.#claims("frozen"), FREEZE_MS))
      throw new Failure(`${this.directory} does not freeze within ${FREEZE_MS} ms.`);
  }

  thaw(): void {
    this.#write("cgroup.freeze", "0");
  }

  /** SIGKILL for all of them at once, also those that are just being forked. Returns when none is left. */
  end(): void {
    this.#write("cgroup.kill", "1");
    if (!waitFor(() => !this.#claims("populated"), END_MS))
      throw new Failure(`${this.directory} still has the processes ${this.pids.join(", ")}.`);
  }

  /** Ends what is in it, then removes it. One that is gone is fine. */
  remove(): void {
    if (!existsSync(this.directory)) return;
    this.end();
    removeWithin(this.directory);
  }

  #claims(event: "frozen" | "populated"): boolean {
    return this.#read("cgroup.events").includes(`${event} 1`);
  }

  #read(file: string): string {
    return readFileSync(join(this.directory, file), "utf8");
  }

  #write(file: string, text: string): void {
    writeFileSync(join(this.directory, file), text);
  }
}

/** With the groups that programs have made in it. */
function removeWithin(directory: string): void {
  for (const entry of readdirSync(directory, { withFileTypes: true }))
    if (entry.isDirectory()) removeWithin(join(directory, entry.name));
  rmdirSync(directory);
}

/** Version 2 may be mounted beside version 1. */
export function mountPoint(): string {
  const mounts = readFileSync("/proc/self/mounts", "utf8").split("\n");
  const found = mounts.map((line) => line.split(" ")).find(([, , type]) => type === "cgroup2")?.[1];
  if (found === undefined) throw new Failure("Control groups of version 2 are not mounted.");
  return found;
}
