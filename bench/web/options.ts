import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { UserError } from "../../src/lib/failure.ts";
import { countOf } from "../hosts/options.ts";
import { webFaults, type WebFaultName } from "./faults/faults.ts";
import { subjects, type SubjectName } from "./subjects/subjects.ts";

export const WEB_USAGE = `npm run bench -- web [options]      500 requests a second through a proxy of two web servers, while one fails

  --fault NAME      only this one: ${Object.keys(webFaults).join(", ")}
  --proxy NAME      only this one: ${Object.keys(subjects).join(", ")}
  --runs N          how often each fault happens, with kept connections and without (default: 3)
  --json FILE       the figures, a list`;

/** What the command line asks for. */
export interface WebOptions {
  readonly faults: readonly WebFaultName[];
  readonly proxies: readonly SubjectName[];
  readonly runs: number;
  readonly json: string | null;
}

const STRING = { type: "string" } as const;

/** Reads the options; throws a {@link UserError} that says what would be right. */
export function readWebOptions(args: readonly string[]): WebOptions {
  const { fault, proxy, runs, json } = parsed(args);
  return {
    faults: chosen("fault", fault, Object.keys(webFaults) as WebFaultName[]),
    proxies: chosen("proxy", proxy, Object.keys(subjects) as SubjectName[]),
    runs: countOf("runs", runs) ?? 3,
    json: json === undefined ? null : resolve(json),
  };
}

function parsed(args: readonly string[]) {
  try {
    const options = { fault: STRING, proxy: STRING, runs: STRING, json: STRING };
    return parseArgs({ args: [...args], options, strict: true }).values;
  } catch (error) {
    throw new UserError(`${(error as Error).message}\n\n${WEB_USAGE}`);
  }
}

/** All of them, unless one is named. */
export function chosen<T extends string>(what: string, given: string | undefined, known: readonly T[]): readonly T[] {
  if (given === undefined) return known;
  const found = known.find((one) => one === given);
  if (found === undefined) throw new UserError(`There is no ${what} "${given}". It is one of: ${known.join(", ")}.`);
  return [found];
}
