import { mkdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/**
 * A control group (version 2) below this program's own, so that whatever ends or freezes the one does so to the other, too.
 * `null` where there are none, or the right is missing: then processes are known by other signs.
 */
export function makeControlGroup(name: string): string | null {
  const own = ownGroup();
  if (own === null) return null;
  const directory = join(own, name);
  try {
    mkdirSync(directory, { recursive: true });
    readFileSync(join(directory, "cgroup.procs"));
    return directory;
  } catch {
    return null;
  }
}

/** The processes that are in it; none if it is gone. */
export function controlledBy(directory: string): readonly number[] {
  try {
    return readFileSync(join(directory, "cgroup.procs"), "latin1").split("\n").filter(Boolean).map(Number);
  } catch {
    return [];
  }
}

/** SIGKILL for all of them at once, also those that are just being forked. `false`: this kernel cannot, or it is gone. */
export function killControlGroup(directory: string): boolean {
  return write(join(directory, "cgroup.kill"), "1");
}

/** Removes an empty one; one that is not, or is gone, is left as it is. */
export function removeControlGroup(directory: string): void {
  try {
    rmdirSync(directory);
  } catch {
    return;
  }
}

function write(file: string, text: string): boolean {
  try {
    writeFileSync(file, text);
    return true;
  } catch {
    return false;
  }
}

/** Version 2 may be mounted beside version 1. */
function ownGroup(): string | null {
  try {
    const mounts = readFileSync("/proc/self/mounts", "utf8").split("\n");
    const mount = mounts.map((line) => line.split(" ")).find(([, , type]) => type === "cgroup2")?.[1];
    const path = /^0::(.*)$/m.exec(readFileSync("/proc/self/cgroup", "utf8"))?.[1];
    return mount === undefined || path === undefined ? null : join(mount, path);
  } catch {
    return null;
  }
}
