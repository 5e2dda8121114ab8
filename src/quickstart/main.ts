import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { Failure, messageOf, UserError } from "../lib/failure.ts";
import { quickstart } from "./quickstart.ts";
import { Screen } from "./screen.ts";

const USAGE = `npm start [-- --once]

Starts three PostgreSQL members on this machine, kills the primary under load, and shows the takeover.

  --once   ends after that takeover; exit code 0 only if nothing was lost and all members are back
  --help   this text`;

const CHECKOUT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** Exit codes: 0 all good, 1 something was lost or failed, 2 a mistake that the user can correct, 130 interrupted with --once. */
async function main(): Promise<number> {
  const { once, help } = readOptions();
  if (help) {
    process.stdout.write(`${USAGE}\n`);
    return 0;
  }
  const stop = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => stop.abort());
  const isGood = await quickstart(new Screen(process.stdout), { checkout: CHECKOUT, once, stop: stop.signal });
  if (once && stop.signal.aborted) return 130;
  return isGood ? 0 : 1;
}

function readOptions(): { readonly once: boolean; readonly help: boolean } {
  try {
    const { values } = parseArgs({ options: { once: { type: "boolean" }, help: { type: "boolean" } }, strict: true });
    return { once: values.once ?? false, help: values.help ?? false };
  } catch (error) {
    throw new UserError(`${messageOf(error)}\n\n${USAGE}`);
  }
}

try {
  process.exit(await main());
} catch (error) {
  if (!(error instanceof UserError || error instanceof Failure)) throw error;
  process.stderr.write(`${messageOf(error)}\n`);
  process.exit(error instanceof UserError ? 2 : 1);
}
