import { execFile } from "node:child_process";
import { constants } from "node:fs";
import { access, glob, readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { UserError } from "../../lib/failure.ts";
import { runProgram, type RunOptions } from "../../host/run-program.ts";

const execute = promisify(execFile);

/** One installation of PostgreSQL: all of its programs come from one directory. */
export interface Programs {
  readonly directory: string;
  readonly major: number;
  /** As it calls itself, for example `15.18`. */
  readonly version: string;
  /** Runs one of its programs, see {@link runProgram}. */
  run(name: string, args: readonly string[], options: RunOptions): Promise<string>;
}

/** What is needed of an installation; the client's `psql` is not. */
const NEEDED = ["postgres", "initdb", "pg_basebackup", "pg_rewind", "pg_controldata", "pg_waldump"] as const;

/** 13 is the first that rewinds without help, 18 the newest that was tried. */
const OLDEST = 13;
const NEWEST = 18;

const USUAL_PLACES = [
  "/usr/lib/postgresql/*/bin",
  "/usr/pgsql-*/bin",
  "/opt/homebrew/opt/postgresql@*/bin",
  "/usr/local/opt/postgresql@*/bin",
  "/Applications/Postgres.app/Contents/Versions/*/bin",
  "/usr/local/pgsql/bin",
];

/**
 * Finds PostgreSQL's programs: in `directory` if one is configured, else a complete installation of a
 * supported version on the search path and in the usual places: that of version `major` when data of it
 * is there, or the newest. Rejects with a {@link UserError} that says what was found and what to install.
 */
export async function findPrograms(directory: string | null, major: number | null = null): Promise<Programs> {
  const places = directory === null ? await usualPlaces() : [directory];
  const looked = await Promise.all(places.map(lookInto));
  const usable = looked.filter((found) => "programs" in found).map((found) => found.programs);
  const newestFirst = usable.toSorted((a, b) => b.major - a.major || compareVersions(b.version, a.version));
  const best = newestFirst.find((programs) => programs.major === major) ?? newestFirst[0];
  if (best !== undefined) return best;
  const problems = looked.flatMap((found) => ("problem" in found && found.problem !== null ? [found.problem] : []));
  if (directory !== null)
    throw new UserError(
      `Cannot use the PostgreSQL programs in "${directory}": ${problems[0] ?? "there are none"}. ${WHAT_TO_INSTALL}`,
    );
  throw new UserError(
    `Cannot find PostgreSQL ${OLDEST} to ${NEWEST}: ${problems.join("; ") || "it is neither on the PATH nor in the usual places"}. ${WHAT_TO_INSTALL}`,
  );
}

/** The version of the data in `directory`; `null` when there is none, or none that can be read. */
export async function majorOf(directory: string): Promise<number | null> {
  const text = await readFile(join(directory, "PG_VERSION"), "utf8").catch(() => "");
  const major = Number.parseInt(text, 10);
  return Number.isNaN(major) ? null : major;
}

const WHAT_TO_INSTALL = [
  'Install the server, or name the directory of its programs in "programs":',
  "  Debian, Ubuntu:  apt-get install postgresql   (and: systemctl disable --now postgresql)",
  "  RHEL, Fedora:    dnf install postgresql-server postgresql-contrib",
  "  macOS:           brew install postgresql@17",
].join("\n");

type Found = { readonly programs: Programs } | { readonly problem: string | null };

async function lookInto(directory: string): Promise<Found> {
  const has = await Promise.all(NEEDED.map((name) => isProgram(join(directory, name))));
  const missing = NEEDED.filter((_, index) => !has[index]);
  if (missing.includes("postgres"))
    return { problem: missing.length < NEEDED.length ? `"${directory}" has no server (postgres)` : null };
  const version = await versionOf(join(directory, "postgres"));
  const major = Number.parseInt(version, 10);
  if (!(major >= OLDEST && major <= NEWEST))
    return { problem: `"${directory}" has version ${version || "unknown"}, and ${OLDEST} to ${NEWEST} can be used` };
  if (missing.length > 0) return { problem: `"${directory}" has version ${version}, but not ${missing.join(", ")}` };
  const run: Programs["run"] = (name, args, options) => runProgram(join(directory, name), args, options);
  return { programs: { directory, major, version, run } };
}

async function usualPlaces(): Promise<readonly string[]> {
  const configured = await execute("pg_config", ["--bindir"], { timeout: 5000 }).then(
    ({ stdout }) => [stdout.trim()],
    () => [],
  );
  const path = (process.env["PATH"] ?? "").split(":").filter((place) => place.startsWith("/"));
  const usual: string[] = [];
  for await (const place of glob(USUAL_PLACES)) usual.push(place);
  return [...new Set([...configured, ...path, ...usual])];
}

async function versionOf(server: string): Promise<string> {
  const { stdout } = await execute(server, ["--version"], { timeout: 5000 }).catch(() => ({ stdout: "" }));
  return /\(PostgreSQL\) (\S+)/.exec(stdout)?.[1] ?? "";
}

async function isProgram(file: string): Promise<boolean> {
  return access(file, constants.X_OK).then(
    () => true,
    () => false,
  );
}

function compareVersions(a: string, b: string): number {
  return a.localeCompare(b, "en", { numeric: true });
}
