import { tmpdir } from "node:os";
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { UserError } from "../../src/lib/failure.ts";
import { faults, type FaultName } from "./faults.ts";

export const USAGE = `npm run bench -- takeover [options]

  --fault NAME      only this one: ${[...Object.keys(faults), "soak"].join(", ")}
  --runs N          how often it is injected (default: as the project's promises say)
  --takeovers N     how many takeovers one run of the soak makes (default: 100)
  --seed N          what the soak draws (default: random, printed)
  --json FILE       the figures: one object with --fault, else a list
  --directory DIR   where the clusters live, on a disk (default: the system's temporary directory)
  --keep            leaves the clusters' files there, for whoever looks into a failure`;

/** What the command line asks for. */
export interface Options {
  /** `null`: all, one after another. */
  readonly fault: FaultName | "soak" | null;
  readonly runs: number | null;
  readonly takeovers: number;
  readonly seed: number;
  readonly json: string | null;
  readonly directory: string;
  readonly keep: boolean;
}

/** Reads the options; throws a {@link UserError} that says what would be right. */
export function readOptions(args: readonly string[]): Options {
  const { values } = parsed(args);
  const { fault = null, json, directory } = values;
  if (fault !== null && fault !== "soak" && !(fault in faults))
    throw new UserError(`There is no fault "${fault}". It is one of: ${[...Object.keys(faults), "soak"].join(", ")}.`);
  return {
    fault: fault as Options["fault"],
    runs: countOf("runs", values.runs),
    takeovers: countOf("takeovers", values.takeovers) ?? 100,
    seed: countOf("seed", values.seed) ?? Math.floor(Math.random() * 2 ** 31),
    json: json === undefined ? null : resolve(json),
    directory: resolve(directory ?? tmpdir()),
    keep: values.keep ?? false,
  };
}

const STRING = { type: "string" } as const;

function parsed(args: readonly string[]) {
  const options = { fault: STRING, runs: STRING, takeovers: STRING, seed: STRING, json: STRING, directory: STRING };
  try {
    return parseArgs({ args: [...args], options: { ...options, keep: { type: "boolean" } }, strict: true });
  } catch (error) {
    throw new UserError(`${(error as Error).message}\n\n${USAGE}`);
  }
}

function countOf(name: string, text: string | undefined): number | null {
  if (text === undefined) return null;
  if (!/^[1-9]\d{0,9}$/.test(text)) throw new UserError(`--${name} is a whole number from 1 on, not "${text}".`);
  return Number(text);
}
