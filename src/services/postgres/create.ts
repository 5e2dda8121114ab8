import { execFile } from "node:child_process";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { removeDurably, writeDurably } from "../../host/durable-file.ts";
import { Failure } from "../../lib/failure.ts";
import type { Progress } from "../service.ts";
import { neutralise } from "./auto-conf.ts";
import type { DataContext } from "./context.ts";
import { writeCertificates } from "./encryption.ts";
import { writeHba } from "./hba.ts";
import { newIncarnation, readDataId, writeIdentity, type Identity } from "./identity.ts";
import { inspect } from "./inspect.ts";
import { prepareMemberDirectory, scratchDirectory } from "./member-directory.ts";
import { makeNext, placesOf, swapIn } from "./place.ts";
import { makeRoles } from "./roles.ts";
import { ADMIN_ROLE, writeApplicationPassfile } from "./secrets.ts";

/** A new cluster takes a second or two; a slow disk may take a hundred times as long. */
const INITDB_MS = 300_000;

/**
 * Makes a new cluster in an empty or missing data directory: checksummed, with our roles, the
 * application's user and database, ready to be started as a standby that receives nothing. It is made
 * beside its place and moved there as a whole, so a crash leaves the place as it was.
 */
export async function createData(context: DataContext, progress: Progress): Promise<void> {
  await prepareMemberDirectory(context);
  await writeCertificates(context);
  const { state, problem } = await inspect(context, null);
  if (state !== "empty")
    throw new Failure(`Cannot create a database in "${context.data}": ${problem ?? "there is one"}`);
  const places = await placesOf(context);
  await makeNext(context, places);
  try {
    progress("creating the database: files");
    await initialise(context, places.next);
    await writeHba(context, places.next);
    progress("creating the database: users");
    await makeRoles(context, places.next, INITDB_MS);
    await finishAsStandby(context, places.next, { forks: [] });
    await swapIn(places);
    await rm(places.old, { recursive: true, force: true });
  } catch (error) {
    await rm(places.next, { recursive: true, force: true }).catch(() => undefined);
    throw error;
  }
  await writeOwnPassfile(context);
}

/**
 * Makes the data in `directory`, whose server does not run, a copy of its own that starts as a standby
 * and receives from nobody: what every way to a data directory ends with. The identity comes last.
 */
export async function finishAsStandby(
  context: DataContext,
  directory: string,
  { forks }: Pick<Identity, "forks">,
): Promise<Identity> {
  const { account } = context;
  const dataId = await readDataId(directory);
  if (dataId === null) throw new Failure(`There is no control file in "${directory}": it is not whole`);
  await neutralise(directory, account);
  await writeHba(context, directory);
  await removeDurably(join(directory, "recovery.signal"));
  await writeDurably(join(directory, "standby.signal"), "", { uid: account.uid, gid: account.gid });
  const identity: Identity = { format: 1, incarnation: newIncarnation(), dataId, forks, promoting: null };
  await writeIdentity(directory, identity, account);
  return identity;
}

/** The application's password file of this member. */
export async function writeOwnPassfile({ memberDirectory, secrets, config }: DataContext): Promise<void> {
  await writeApplicationPassfile(memberDirectory, secrets, config.database, config.user);
}

/**
 * A promotion copies the segment that it ends in, and all who follow fill the first of the new term with zeros: megabytes on the way of
 * a takeover. Smaller ones cost a rename and an fsync each megabyte, and as many files more in an archive.
 */
const SEGMENTS = "--wal-segsize=1";

/** Nobody can connect by the file that initdb writes; ours replaces it before the first start. */
async function initialise(context: DataContext, directory: string): Promise<void> {
  const { programs, account, memberDirectory, signal } = context;
  const locale = ["--encoding=UTF8", "--locale=C", ...(await characterClasses())];
  const args = [
    "-D",
    directory,
    "-U",
    ADMIN_ROLE,
    "--auth=reject",
    "--data-checksums",
    "--no-instructions",
    SEGMENTS,
    ...locale,
  ];
  const cwd = scratchDirectory(memberDirectory);
  await programs.run("initdb", args, { as: account, timeoutMs: INITDB_MS, signal, cwd });
  await rm(join(directory, "pg_hba.conf"));
}

/**
 * Sorting by bytes is the same on every host and in every version of the C library, so no index is ever
 * wrong on a standby. What is a letter comes from Unicode, where the host knows that.
 */
async function characterClasses(): Promise<readonly string[]> {
  const { stdout } = await promisify(execFile)("locale", ["-a"], { timeout: 5000 }).catch(() => ({ stdout: "" }));
  const name = stdout.split("\n").find((line) => /^C\.utf-?8$/i.test(line));
  return name === undefined ? [] : [`--lc-ctype=${name === "C.utf8" ? "C.UTF-8" : name}`];
}
