import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { UserError } from "../../../src/lib/failure.ts";
import { countOf } from "../options.ts";
import type { HostFaultName } from "../faults.ts";
import { patroniSettings, type PatroniSettingsName } from "./patroni-settings.ts";

/** The faults in which we are measured beside Patroni. */
export const comparedFaults = [
  "power-off",
  "isolate",
  "freeze",
  "agent-stop",
  "store-all",
] as const satisfies readonly HostFaultName[];

export type ComparedFault = (typeof comparedFaults)[number];

/** Longer than Patroni's defaults take: what comes back before its `ttl` and `loop_wait` are over is no takeover. */
const OUTAGE_MS = 45_000;

export const PATRONI_USAGE = `npm run bench -- patroni [options]

  --fault NAME      only this one: ${comparedFaults.join(", ")}
  --runs N          how often it is injected (default: 1)
  --settings NAME   Patroni's: ${Object.keys(patroniSettings).join(", ")} (default: both)
  --outage SECONDS  for how long something stays lost (default: ${OUTAGE_MS / 1000}, in every fault)
  --json FILE       the figures, a list
  --logs DIR        where the logs of a series are copied, for whoever looks into a failure`;

/** What the command line asks for. */
export interface PatroniOptions {
  readonly faults: readonly ComparedFault[];
  readonly runs: number;
  readonly settings: readonly PatroniSettingsName[];
  readonly outageMs: number;
  readonly json: string | null;
  readonly logs: string | null;
}

/** Reads the options; throws a {@link UserError} that says what would be right. */
export function readPatroniOptions(args: readonly string[]): PatroniOptions {
  const { fault, runs, settings, outage, json, logs } = parsed(args);
  const outageSeconds = countOf("outage", outage);
  return {
    faults: chosen("fault", fault, comparedFaults),
    runs: countOf("runs", runs) ?? 1,
    settings: chosen("settings", settings, Object.keys(patroniSettings) as PatroniSettingsName[]),
    outageMs: outageSeconds === null ? OUTAGE_MS : outageSeconds * 1000,
    json: json === undefined ? null : resolve(json),
    logs: logs === undefined ? null : resolve(logs),
  };
}

const STRING = { type: "string" } as const;

function parsed(args: readonly string[]) {
  const options = { fault: STRING, runs: STRING, settings: STRING, outage: STRING, json: STRING, logs: STRING };
  try {
    return parseArgs({ args: [...args], options, strict: true }).values;
  } catch (error) {
    throw new UserError(`${(error as Error).message}\n\n${PATRONI_USAGE}`);
  }
}

/** The named one; all when none is named. */
function chosen<T extends string>(option: string, name: string | undefined, all: readonly T[]): readonly T[] {
  if (name === undefined) return all;
  const found = all.filter((one) => one === name);
  if (found.length === 0) throw new UserError(`--${option} is one of ${all.join(", ")}, not "${name}".`);
  return found;
}
