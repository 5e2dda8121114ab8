import { constants } from "node:os";
import type { SystemdConfig } from "../../config/process-config.ts";
import type { UnitStatus } from "./systemctl.ts";

/** How `ExecMainCode` says that a process ended by itself (`CLD_EXITED`). */
const EXITED = 1;

/** Why the unit cannot, or must not, be started at all, and what to do; `null`: it can. `dropIn` must have been read by systemd. */
export function startProblem(
  { unit, scope }: SystemdConfig,
  { load, restart, dropIns }: UnitStatus,
  dropIn: string,
): string | null {
  const systemctl = scope === "user" ? "systemctl --user" : "systemctl";
  switch (load) {
    case "loaded":
      if (!dropIns.includes(dropIn))
        return `systemd has not read "${dropIn}", without which the unit must not be started`;
      return restart === "no"
        ? null
        : `The unit "${unit}" has Restart=${restart} in a file behind "${dropIn}": take it out`;
    case "not-found":
      return `This host has no unit "${unit}". Put its file there and let systemd read it (${systemctl} daemon-reload), or correct the name`;
    case "masked":
      return `The unit "${unit}" is masked: ${systemctl} unmask ${unit}`;
    default:
      return `The unit "${unit}" cannot be used (${load}): ${systemctl} status ${unit} says why`;
  }
}

/** Where systemd would start the unit by itself; `null`: nowhere. */
export function bootProblem({ unit, scope }: SystemdConfig, { fileState }: UnitStatus): string | null {
  if (!fileState.startsWith("enabled")) return null;
  const systemctl = scope === "user" ? "systemctl --user" : "systemctl";
  return `The unit is started at boot, also where it must not run, until the agent is there: ${systemctl} disable ${unit}`;
}

/** How the main process ended: `with 3`, `by SIGKILL`. */
export function endOf({ exitCode, exitStatus, result }: UnitStatus): string {
  if (exitCode === EXITED) return `with ${exitStatus}`;
  const signal = Object.entries(constants.signals).find(([, number]) => number === exitStatus)?.[0];
  return exitCode > EXITED && signal !== undefined ? `by ${signal}` : `(${result || "nobody knows how"})`;
}
