import { createHash } from "node:crypto";
import { chmod, chown, lstat, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { Failure, messageOf, UserError } from "../../lib/failure.ts";
import { type Account } from "../../host/account.ts";
import { requireReachable } from "./account.ts";
import type { DataContext } from "./context.ts";

/**
 * The longest directory for a socket. A socket's address holds 107 characters on Linux and 103 on macOS,
 * and the server adds `/.s.PGSQL.65535`.
 */
const LONGEST_SOCKET_DIRECTORY = 85;

/** What only the server's account (and root) may enter: the socket, the replication password, scratch space. */
export function runDirectory(memberDirectory: string): string {
  return join(memberDirectory, "run");
}

/** Where programs that work on the data run; whatever lives in there while no work is under way is a leftover. */
export function scratchDirectory(memberDirectory: string): string {
  return join(runDirectory(memberDirectory), "work");
}

/** Where the server's private socket is: in the run directory, or in the system's temporary one when that path is too long. */
export function socketDirectory(memberDirectory: string): string {
  const usual = runDirectory(memberDirectory);
  if (Buffer.byteLength(usual) <= LONGEST_SOCKET_DIRECTORY) return usual;
  return `/tmp/understudy-${createHash("sha256").update(memberDirectory).digest("hex").slice(0, 16)}`;
}

/** What the server says: its standard output and errors go there. */
export function serverLog(memberDirectory: string): string {
  return join(memberDirectory, "postgres.log");
}

/**
 * Makes the member's directory, and in it the one that belongs to the server's account alone. Others can
 * pass through the member's directory, but not list it. To be called before every start, since the
 * system may clean its temporary directory. Rejects when `account` cannot get there.
 */
export async function prepareMemberDirectory({
  memberDirectory,
  account,
}: Pick<DataContext, "memberDirectory" | "account">): Promise<void> {
  try {
    await mkdir(memberDirectory, { recursive: true, mode: 0o711 });
    await chmod(memberDirectory, 0o711);
    await requireReachable(memberDirectory, account);
    for (const directory of [runDirectory, scratchDirectory, socketDirectory])
      await makeOwn(directory(memberDirectory), account);
  } catch (error) {
    if (error instanceof UserError || error instanceof Failure) throw error;
    throw new Failure(`Cannot prepare the directory "${memberDirectory}": ${messageOf(error)}`);
  }
}

/** Makes a directory for `owner` alone. One that is there already, in a place that everybody may write to, could be a trap. */
async function makeOwn(directory: string, owner: Account): Promise<void> {
  await mkdir(directory, { mode: 0o700 }).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "EEXIST") throw error;
  });
  const found = await lstat(directory);
  const isSafe = found.isDirectory() && (found.mode & 0o077) === 0;
  if (isSafe && found.uid === owner.uid) return;
  if (isSafe && found.uid === process.getuid?.()) return chown(directory, owner.uid, owner.gid);
  throw new Failure(
    `Cannot use "${directory}": it must be a directory of the user "${owner.name}" that nobody else may enter. Remove it; it will be made again.`,
  );
}
