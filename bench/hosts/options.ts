import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { UserError } from "../../src/lib/failure.ts";
import { hostFaults, type HostFaultName } from "./faults.ts";

export const HOSTS_USAGE = `npm run bench -- hosts [options]

  --fault NAME      only this one: ${Object.keys(hostFaults).join(", ")}
  --runs N          how often it is injected (default: each fault's own)
  --lease TIME      the lease of the agents (default: 2s)
  --data-hosts N    of the three hosts so many have a member, 2 or 3 (default: 3); with 2 the group is preferred, not strict
  --outage SECONDS  for how long something stays lost (default: each fault's own)
  --json FILE       the figures: one object with --fault, else a list
  --logs DIR        where the logs of a series are copied, for whoever looks into a failure`;

/** What the command line asks for. */
export interface HostsOptions {
  /** `null`: all, one after another. */
  readonly fault: HostFaultName | null;
  readonly runs: number | null;
  readonly lease: string;
  readonly dataHosts: number;
  readonly outageMs: number | null;
  readonly json: string | null;
  readonly logs: string | null;
}

/** Reads the options; throws a {@link UserError} that says what would be right. */
export function readHostsOptions(args: readonly string[]): HostsOptions {
  const { fault = null, runs, lease = "2s", outage, json, logs, "data-hosts": dataHosts = "3" } = parsed(args);
  if (fault !== null && !(fault in hostFaults))
    throw new UserError(`There is no fault "${fault}". It is one of: ${Object.keys(hostFaults).join(", ")}.`);
  if (!["2", "3"].includes(dataHosts)) throw new UserError(`--data-hosts is 2 or 3, not "${dataHosts}".`);
  const outageSeconds = countOf("outage", outage);
  return {
    fault: fault as HostFaultName | null,
    runs: countOf("runs", runs),
    lease,
    dataHosts: Number(dataHosts),
    outageMs: outageSeconds === null ? null : outageSeconds * 1000,
    json: json === undefined ? null : resolve(json),
    logs: logs === undefined ? null : resolve(logs),
  };
}

const STRING = { type: "string" } as const;

function parsed(args: readonly string[]) {
  const options = {
    fault: STRING,
    runs: STRING,
    lease: STRING,
    "data-hosts": STRING,
    outage: STRING,
    json: STRING,
    logs: STRING,
  };
  try {
    return parseArgs({ args: [...args], options, strict: true }).values;
  } catch (error) {
    throw new UserError(`${(error as Error).message}\n\n${HOSTS_USAGE}`);
  }
}

/** A whole number from 1 on; `null`: none is given. Throws a {@link UserError}. */
export function countOf(name: string, text: string | undefined): number | null {
  if (text === undefined) return null;
  if (!/^[1-9]\d{0,5}$/.test(text)) throw new UserError(`--${name} is a whole number from 1 on, not "${text}".`);
  return Number(text);
}
