import { spawn, type ChildProcess, type SpawnOptions } from "node:child_process";
import type { ControlGroup } from "./control-group.ts";
import { namespaceFile } from "./system.ts";

/** Where a process runs. */
export interface Inside {
  readonly group: ControlGroup;
  readonly namespace: string;
  /** The system's user; left out: ourselves. */
  readonly user?: string;
}

/** It enters the group before anything else, so that no process is ever outside; then it becomes the program. */
const ENTER = 'echo 0 > "$1/cgroup.procs"; shift; exec "$@"';

/**
 * Starts a program in a control group and a network namespace, in a session of its own, which Ctrl-C does not reach. The
 * child's number is the program's.
 */
export function spawnIn(
  { group, namespace, user }: Inside,
  program: string,
  args: readonly string[],
  options: SpawnOptions,
): ChildProcess {
  const as = user === undefined ? [] : ["setpriv", `--reuid=${user}`, `--regid=${user}`, "--init-groups"];
  const inside = ["nsenter", `--net=${namespaceFile(namespace)}`, "--", ...as, program, ...args];
  return spawn("sh", ["-ec", ENTER, "sh", group.directory, ...inside], { ...options, detached: true });
}
