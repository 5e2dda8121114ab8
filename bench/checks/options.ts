import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { UserError } from "../../src/lib/failure.ts";
import { countOf } from "../hosts/options.ts";
import { chosen } from "../web/options.ts";
import { MEASURED, type Measured } from "./measured.ts";

export const CHECKS_USAGE = `npm run bench -- checks [options]     what checks cost whoever asks

  --kind NAME       only this one: ${Object.keys(MEASURED).join(", ")}
  --rate N          checks a second, each of a member of its own (default: 1000; exec and grpc: a tenth)
  --seconds N       how long each is measured (default: 5)
  --json FILE       the figures, a list`;

/** What the command line asks for. */
export interface ChecksOptions {
  readonly kinds: readonly Measured[];
  /** `null`: what is usual for the kind. */
  readonly rate: number | null;
  readonly seconds: number;
  readonly json: string | null;
}

const STRING = { type: "string" } as const;

/** Reads the options; throws a {@link UserError} that says what would be right. */
export function readChecksOptions(args: readonly string[]): ChecksOptions {
  const { kind, rate, seconds, json } = parsed(args);
  return {
    kinds: chosen("kind", kind, Object.keys(MEASURED) as Measured[]),
    rate: countOf("rate", rate) ?? null,
    seconds: countOf("seconds", seconds) ?? 5,
    json: json === undefined ? null : resolve(json),
  };
}

function parsed(args: readonly string[]) {
  try {
    const options = { kind: STRING, rate: STRING, seconds: STRING, json: STRING };
    return parseArgs({ args: [...args], options, strict: true }).values;
  } catch (error) {
    throw new UserError(`${(error as Error).message}\n\n${CHECKS_USAGE}`);
  }
}
