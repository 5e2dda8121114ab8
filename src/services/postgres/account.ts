import { execFile } from "node:child_process";
import { readdir, stat } from "node:fs/promises";
import { userInfo } from "node:os";
import { dirname, resolve } from "node:path";
import { promisify } from "node:util";
import { messageOf, UserError } from "../../lib/failure.ts";

const execute = promisify(execFile);

/** The system's user that a member's server and its tools run as, and that owns its data. */
export interface Account {
  readonly uid: number;
  readonly gid: number;
  readonly name: string;
}

/**
 * Who the server in `data` runs as. Without root's rights that is ourselves; with them `runAs`, else the
 * owner of the data, else the user `postgres` (the server itself refuses to run as root). Rejects with a
 * {@link UserError} when there is no such user or when it cannot reach the place of the data.
 */
export async function accountFor(runAs: string | null, data: string): Promise<Account> {
  if (!isRoot()) return ourselves(runAs);
  const account = runAs !== null ? await named(runAs) : ((await ownerOf(data)) ?? (await named("postgres")));
  if (account.uid === 0)
    throw new UserError(`Cannot run PostgreSQL as "root": it refuses to. Name another user in "runAs".`);
  await requireReachable(dirname(resolve(data)), account);
  return account;
}

/** The system's options that make a child run as `account`: none when that is who we are. */
export function identityOptions(account: Account): { uid?: number; gid?: number } {
  return isRoot() && account.uid !== 0 ? { uid: account.uid, gid: account.gid } : {};
}

/**
 * Rejects with a {@link UserError} unless `account` can pass through every existing directory down to
 * `directory`; it names the first one that stands in the way.
 */
export async function requireReachable(directory: string, account: Account): Promise<void> {
  const path = ancestors(directory);
  for (const place of path) {
    if (await passes(place, account)) continue;
    throw new UserError(
      `Cannot use "${directory}": the user "${account.name}" may not pass through "${place}". ` +
        `Choose another place, name another user in "runAs", or allow it (chmod o+x "${place}").`,
    );
  }
}

function isRoot(): boolean {
  return process.getuid?.() === 0;
}

function ourselves(runAs: string | null): Account {
  const { uid, gid, username } = userInfo();
  if (runAs === null || runAs === username) return { uid, gid, name: username };
  throw new UserError(
    `Cannot run PostgreSQL as "${runAs}": this program runs as "${username}", and only root can start it as somebody else. Remove "runAs", or start this program as "${runAs}" or root.`,
  );
}

/** The owner of existing data; `null` when there is none yet, or only an empty directory that root has made. */
async function ownerOf(data: string): Promise<Account | null> {
  const found = await stat(data).catch(() => null);
  if (found === null) return null;
  if (found.uid !== 0) return { uid: found.uid, gid: found.gid, name: await nameOf(found.uid) };
  const isEmpty = (await readdir(data).catch(() => ["?"])).length === 0;
  if (isEmpty) return null;
  throw new UserError(
    `Cannot run PostgreSQL in "${data}": it belongs to root, and PostgreSQL refuses to run as root. Give it to another user (chown -R postgres "${data}").`,
  );
}

async function named(name: string): Promise<Account> {
  try {
    const uid = Number(await id(["-u", name]));
    const gid = Number(await id(["-g", name]));
    return { uid, gid, name };
  } catch (error) {
    throw new UserError(
      `There is no user "${name}" on this system to run PostgreSQL as (${messageOf(error).trim().split("\n").at(-1)}). Make one (useradd --system --no-create-home ${name}), or name another in "runAs".`,
    );
  }
}

async function nameOf(uid: number): Promise<string> {
  return id(["-un", String(uid)]).catch(() => String(uid));
}

async function id(args: readonly string[]): Promise<string> {
  const { stdout } = await execute("id", [...args], { timeout: 5000 });
  return stdout.trim();
}

/** The directories from the root down to `directory`. */
function ancestors(directory: string): readonly string[] {
  const here = resolve(directory);
  const above = dirname(here);
  return above === here ? [here] : [...ancestors(above), here];
}

/** Asks the kernel rather than the mode bits, which know nothing of access lists. A missing directory stands in nobody's way. */
async function passes(directory: string, account: Account): Promise<boolean> {
  const found = await stat(directory).catch(() => null);
  if (found === null || (found.mode & 0o001) !== 0) return true;
  const options = { ...identityOptions(account), cwd: "/", timeout: 5000 };
  return execute("test", ["-x", directory], options).then(
    () => true,
    () => false,
  );
}
