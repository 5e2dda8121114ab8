import { execFile } from "node:child_process";
import { userInfo } from "node:os";
import { promisify } from "node:util";
import { messageOf, UserError } from "../lib/failure.ts";

const execute = promisify(execFile);

/** The system's user that a program runs as, and that owns its files. */
export interface Account {
  readonly uid: number;
  readonly gid: number;
  readonly name: string;
}

/** The system's options that make a child run as `account`: none when that is who we are. */
export function identityOptions(account: Account): { uid?: number; gid?: number } {
  return isRoot() && account.uid !== 0 ? { uid: account.uid, gid: account.gid } : {};
}

/** Whether this program may start others as somebody else. */
export function isRoot(): boolean {
  return process.getuid?.() === 0;
}

/** Who `what` runs as where this program is not root: the same user. Throws a {@link UserError} if another one is wished. */
export function thisUser(runAs: string | null, what: string): Account {
  const { uid, gid, username } = userInfo();
  if (runAs === null || runAs === username) return { uid, gid, name: username };
  throw new UserError(
    `Cannot run ${what} as "${runAs}": this program runs as "${username}", and only root can start it as somebody else. Remove "runAs", or start this program as "${runAs}" or root.`,
  );
}

/** Who `what` runs as: `runAs`, or whoever runs this program. Rejects with a {@link UserError} when that cannot be. */
export async function accountOf(runAs: string | null, what: string): Promise<Account> {
  return runAs !== null && isRoot() ? userNamed(runAs, what) : thisUser(runAs, what);
}

/** The user called so; rejects with a {@link UserError} when there is none. */
export async function userNamed(name: string, what: string): Promise<Account> {
  try {
    const uid = Number(await id(["-u", name]));
    const gid = Number(await id(["-g", name]));
    return { uid, gid, name };
  } catch (error) {
    throw new UserError(
      `There is no user "${name}" on this system to run ${what} as (${messageOf(error).trim().split("\n").at(-1)}). Make one (useradd --system --no-create-home ${name}), or name another in "runAs".`,
    );
  }
}

/** The name of a user, or its number if it has none. */
export async function nameOfUser(uid: number): Promise<string> {
  return id(["-un", String(uid)]).catch(() => String(uid));
}

async function id(args: readonly string[]): Promise<string> {
  const { stdout } = await execute("id", [...args], { timeout: 5000 });
  return stdout.trim();
}
