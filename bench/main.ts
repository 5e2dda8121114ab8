import { Failure, messageOf, UserError } from "../src/lib/failure.ts";
import { benchChecks } from "./checks/checks.ts";
import { CHECKS_USAGE, readChecksOptions } from "./checks/options.ts";
import { benchHosts } from "./hosts/hosts.ts";
import { HOSTS_USAGE, readHostsOptions } from "./hosts/options.ts";
import { PATRONI_USAGE, readPatroniOptions } from "./hosts/patroni/options.ts";
import { benchPatroni } from "./hosts/patroni/patroni.ts";
import { readOptions, USAGE as TAKEOVER_USAGE } from "./takeover/options.ts";
import { benchTakeover } from "./takeover/takeover.ts";
import { readWebOptions, WEB_USAGE } from "./web/options.ts";
import { PATH_USAGE, readPathOptions } from "./web/path/options.ts";
import { benchPath } from "./web/path/path.ts";
import { benchWeb } from "./web/web.ts";

const USAGE = `${TAKEOVER_USAGE}\n\n${HOSTS_USAGE}\n\n${PATRONI_USAGE}\n\n${WEB_USAGE}\n\n${PATH_USAGE}\n\n${CHECKS_USAGE}`;

/** Exit codes: 0 all good, 1 something was lost or did not come back, 2 a mistake on the command line, 130 interrupted. */
async function main(args: readonly string[]): Promise<number> {
  const [what, ...rest] = args;
  if (what === undefined || rest.includes("--help")) {
    process.stdout.write(`${USAGE}\n`);
    return what === undefined ? 2 : 0;
  }
  if (what === "hosts") return (await benchHosts(readHostsOptions(rest))) ? 0 : 1;
  if (what === "patroni") return (await benchPatroni(readPatroniOptions(rest))) ? 0 : 1;
  if (what === "path") return (await benchPath(readPathOptions(rest))) ? 0 : 1;
  if (what === "checks") return (await benchChecks(readChecksOptions(rest))) ? 0 : 1;
  if (what === "web") return (await benchWeb(readWebOptions(rest))) ? 0 : 1;
  if (what !== "takeover") throw new UserError(`There is no bench "${what}".\n\n${USAGE}`);
  return (await benchTakeover(readOptions(rest))) ? 0 : 1;
}

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, () => process.exit(130));

try {
  process.exit(await main(process.argv.slice(2)));
} catch (error) {
  if (!(error instanceof UserError || error instanceof Failure)) throw error;
  process.stderr.write(`${messageOf(error)}\n`);
  process.exit(error instanceof UserError ? 2 : 1);
}
