import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { UserError } from "../../../src/lib/failure.ts";
import { countOf } from "../../hosts/options.ts";
import { chosen } from "../options.ts";
import { pathSubjects, type PathSubjectName } from "./path-subjects.ts";

export const PATH_USAGE = `npm run bench -- path [options]     as many requests as go through a proxy of a web server

  --way NAME        only this one: ${Object.keys(pathSubjects).join(", ")}
  --connections N   that are kept (default: 64)
  --seconds N       how long each is measured (default: 5)
  --runs N          by turns; the figures are medians (default: 3)
  --json FILE       the figures, a list`;

/** What the command line asks for. */
export interface PathOptions {
  readonly ways: readonly PathSubjectName[];
  readonly connections: number;
  readonly seconds: number;
  readonly runs: number;
  readonly json: string | null;
}

const STRING = { type: "string" } as const;

/** Reads the options; throws a {@link UserError} that says what would be right. */
export function readPathOptions(args: readonly string[]): PathOptions {
  const { way, connections, seconds, runs, json } = parsed(args);
  return {
    ways: chosen("way", way, Object.keys(pathSubjects) as PathSubjectName[]),
    connections: countOf("connections", connections) ?? 64,
    seconds: countOf("seconds", seconds) ?? 5,
    runs: countOf("runs", runs) ?? 3,
    json: json === undefined ? null : resolve(json),
  };
}

function parsed(args: readonly string[]) {
  try {
    const options = { way: STRING, connections: STRING, seconds: STRING, runs: STRING, json: STRING };
    return parseArgs({ args: [...args], options, strict: true }).values;
  } catch (error) {
    throw new UserError(`${(error as Error).message}\n\n${PATH_USAGE}`);
  }
}
