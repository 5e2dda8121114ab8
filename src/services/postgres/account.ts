import { execFile } from "node:child_process";
import { readdir, stat } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { promisify } from "node:util";
import { identityOptions, isRoot, nameOfUser, thisUser, userNamed, type Account } from "../../host/account.ts";
import { UserError } from "../../lib/failure.ts";

const execute = promisify(execFile);

/**
 * Who the server in `data` runs as. Without root's rights that is ourselves; with them `runAs`, else the
 * owner of the data, else the user `postgres` (the server itself refuses to run as root). Rejects with a
 * {@link UserError} when there is no such user or when it cannot reach the place of the data.
 */
export async function accountFor(runAs: string | null, data: string): Promise<Account> {
  if (!isRoot()) return thisUser(runAs, "PostgreSQL");
  const account =
    runAs !== null
      ? await userNamed(runAs, "PostgreSQL")
      : ((await ownerOf(data)) ?? (await userNamed("postgres", "PostgreSQL")));
  if (account.uid === 0)
    throw new UserError(`Cannot run PostgreSQL as "root": it refuses to. Name another user in "runAs".`);
  await requireReachable(dirname(resolve(data)), account);
  return account;
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

/** The owner of existing data; `null` when there is none yet, or only an empty directory that root has made. */
async function ownerOf(data: string): Promise<Account | null> {
  const found = await stat(data).catch(() => null);
  if (found === null) return null;
  if (found.uid !== 0) return { uid: found.uid, gid: found.gid, name: await nameOfUser(found.uid) };
  const isEmpty = (await readdir(data).catch(() => ["?"])).length === 0;
  if (isEmpty) return null;
  throw new UserError(
    `Cannot run PostgreSQL in "${data}": it belongs to root, and PostgreSQL refuses to run as root. Give it to another user (chown -R postgres "${data}").`,
  );
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
