import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { Failure, messageOf, UserError } from "../lib/failure.ts";
import { quickstart } from "./quickstart.ts";
import { Screen } from "./screen.ts";
import { webQuickstart } from "./web/web-quickstart.ts";

const USAGE = `npm start [-- web] [-- --once]

Starts three PostgreSQL members on this machine, kills the primary under load, and shows the takeover.
With "web" it is a web server on one of two members; that needs no PostgreSQL.

  --once   ends after that takeover; exit code 0 only if nothing was lost and all members are back
  --help   this text`;

const CHECKOUT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** Exit codes: 0 all good, 1 something was lost or failed, 2 a mistake that the user can correct, 130 interrupted with --once. */
async function main(): Promise<number> {
  const { once, help, isWeb } = readOptions();
  if (help) {
    process.stdout.write(`${USAGE}\n`);
    return 0;
  }
  const stop = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => stop.abort());
  const show = isWeb ? webQuickstart : quickstart;
  const isGood = await show(new Screen(process.stdout), { checkout: CHECKOUT, once, stop: stop.signal });
  if (once && stop.signal.aborted) return 130;
  return isGood ? 0 : 1;
}

interface Options {
  readonly once: boolean;
  readonly help: boolean;
  readonly isWeb: boolean;
}

function readOptions(): Options {
  try {
    const options = { once: { type: "boolean" }, help: { type: "boolean" } } as const;
    const { values, positionals } = parseArgs({ options, strict: true, allowPositionals: true });
    const [what, ...more] = positionals;
    if (more.length > 0 || (what !== undefined && what !== "web"))
      throw new Error(`There is no "${positionals.join(" ")}".`);
    return { once: values.once ?? false, help: values.help ?? false, isWeb: what === "web" };
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
