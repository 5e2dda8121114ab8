import { closeSync, openSync } from "node:fs";
import type { Host, RunOptions } from "../../test/hosts/host.ts";
import { Supervised } from "../takeover/supervised.ts";

/** A program of a host that is started again whenever it ends while the host is on, as the system's service manager does. */
export function unitOn(
  host: Host,
  log: string,
  program: string,
  args: readonly string[],
  options: RunOptions = {},
): Supervised {
  return new Supervised(() => {
    const file = openSync(log, "a");
    try {
      return host.run(program, args, { ...options, stdio: ["ignore", file, file] });
    } finally {
      closeSync(file);
    }
  });
}
