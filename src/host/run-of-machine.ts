import { readFileSync } from "node:fs";

/** A word for the run of this machine since it was started; no two machines have the same, not even copies. Empty where the system does not tell. */
export function runOfMachine(): string {
  try {
    return readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
  } catch {
    return "";
  }
}
