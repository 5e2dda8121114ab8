import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

/**
 * Where the control group `path` of systemd is a directory: in the hierarchy of version 2, or in systemd's own beside it where a host has
 * both. `null`: there is none by now.
 */
export function directoryOfGroup(path: string): string | null {
  if (path === "" || path === "/") return null;
  return (
    mounts()
      .map((mount) => join(mount, path))
      .find((directory) => existsSync(join(directory, "cgroup.procs"))) ?? null
  );
}

function mounts(): readonly string[] {
  const lines = readFileSync("/proc/self/mounts", "utf8")
    .split("\n")
    .map((line) => line.split(" "));
  const own = lines.filter(
    ([, , type, options = ""]) => type === "cgroup" && options.split(",").includes("name=systemd"),
  );
  const second = lines.filter(([, , type]) => type === "cgroup2");
  return [...second, ...own].flatMap(([, mount]) => mount ?? []);
}
