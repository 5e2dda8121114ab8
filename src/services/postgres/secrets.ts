import { createHash, createHmac, pbkdf2Sync, randomBytes } from "node:crypto";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { removeDurably, writeDurably } from "../../host/durable-file.ts";
import type { Address } from "../../config/config.ts";
import { Failure } from "../../lib/failure.ts";
import type { Account } from "../../host/account.ts";
import { runDirectory } from "./member-directory.ts";

/** The passwords of a group's three roles, the same for all of its members; kept in the store under `secret/GROUP`. */
export interface GroupSecrets {
  /** Of {@link ADMIN_ROLE}. */
  readonly admin: string;
  /** Of {@link REPLICATION_ROLE}. */
  readonly replication: string;
  /** Of the application's user. */
  readonly application: string;
}

/** The superuser that the agent is, on the private socket only. */
export const ADMIN_ROLE = "understudy";

/** The role with which members copy, follow and rewind. */
export const REPLICATION_ROLE = "understudy_replication";

/** New random passwords: 32 URL-safe characters, 192 bits each. */
export function newSecrets(): GroupSecrets {
  const password = (): string => randomBytes(24).toString("base64url");
  return { admin: password(), replication: password(), application: password() };
}

/** The store's value for `secrets`. */
export function formatSecrets(secrets: GroupSecrets): string {
  return JSON.stringify(secrets);
}

/** Reads the store's value. Rejects what is not in that form with a {@link Failure} that does not quote it. */
export function parseSecrets(text: string): GroupSecrets {
  const unreadable = new Failure(
    "Cannot read the group's passwords in the store: they are not in the form that this version writes.",
  );
  let value: Partial<Record<keyof GroupSecrets, unknown>> | null;
  try {
    value = JSON.parse(text) as typeof value;
  } catch {
    throw unreadable;
  }
  const password = (name: keyof GroupSecrets): string => {
    const found = value?.[name];
    if (typeof found !== "string" || !/^[\w-]{24,}$/.test(found)) throw unreadable;
    return found;
  };
  return { admin: password("admin"), replication: password("replication"), application: password("application") };
}

/** What RFC 7677 asks for at the least, and some clients insist upon. */
const USUAL_ITERATIONS = 4096;

/**
 * For the roles that only Understudy and PostgreSQL itself log in as. Iterations make a password dear to guess; nobody guesses
 * 192 random bits, and each login of a standby that changes its primary would pay for them, in the middle of a takeover.
 */
export const OWN_ITERATIONS = 1;

/**
 * What the server keeps of a password (RFC 5803), so that a statement never has to carry the password
 * itself. Our passwords are plain ASCII, which SASLprep leaves as it is.
 */
export function scramVerifier(password: string, iterations: number = USUAL_ITERATIONS): string {
  const salt = randomBytes(16);
  const salted = pbkdf2Sync(password, salt, iterations, 32, "sha256");
  const keyed = (word: string): Buffer => createHmac("sha256", salted).update(word).digest();
  const storedKey = createHash("sha256").update(keyed("Client Key")).digest("base64");
  const serverKey = keyed("Server Key").toString("base64");
  return `SCRAM-SHA-256$${iterations}:${salt.toString("base64")}$${storedKey}:${serverKey}`;
}

/**
 * The file from which the server takes the password to receive with. Without it a standby cannot begin to
 * receive, whatever its settings say: it is removed to seal, and restored to follow.
 */
export function replicationPassfile(memberDirectory: string): string {
  return join(runDirectory(memberDirectory), "replication.pgpass");
}

/** Restores the file durably, for the server at `from` and no other; only `account` can read it. */
export async function writeReplicationPassfile(
  memberDirectory: string,
  secrets: GroupSecrets,
  from: Address,
  account: Account,
): Promise<void> {
  const login: PassLine = { ...from, user: REPLICATION_ROLE, password: secrets.replication };
  await writePassfile(replicationPassfile(memberDirectory), login, account);
}

/** Removes the file durably; a missing one is fine. */
export async function removeReplicationPassfile(memberDirectory: string): Promise<void> {
  await removeDurably(replicationPassfile(memberDirectory));
}

/**
 * Removes the file at once, for whoever starts a receiver from now on. Not through a loss of power: no
 * server survives that, and before each start the file is removed durably.
 */
export function withholdReplicationPassword(memberDirectory: string): void {
  rmSync(replicationPassfile(memberDirectory), { force: true });
}

/** The file with the application's password, for the people and programs of this node. */
export function applicationPassfile(memberDirectory: string): string {
  return join(memberDirectory, "application.pgpass");
}

/** Writes the file durably; only we can read it. */
export async function writeApplicationPassfile(
  memberDirectory: string,
  secrets: GroupSecrets,
  database: string,
  user: string,
): Promise<void> {
  await writePassfile(applicationPassfile(memberDirectory), { database, user, password: secrets.application }, null);
}

/**
 * Runs `work` with a password file for one program that copies or rewinds, readable by `account` alone
 * and gone when `work` has ended.
 */
export async function withPassfile<T>(
  memberDirectory: string,
  secrets: GroupSecrets,
  account: Account,
  work: (env: { readonly PGPASSFILE: string }) => Promise<T>,
): Promise<T> {
  const file = join(runDirectory(memberDirectory), "work.pgpass");
  await writePassfile(file, { user: REPLICATION_ROLE, password: secrets.replication }, account);
  try {
    return await work({ PGPASSFILE: file });
  } finally {
    await removeDurably(file).catch(() => undefined);
  }
}

/** What a password is for; what is left out: any. */
interface PassLine extends Partial<Address> {
  readonly database?: string;
  readonly user: string;
  readonly password: string;
}

/** One line in the form that libpq reads. */
async function writePassfile(file: string, login: PassLine, owner: Account | null): Promise<void> {
  const { host, port, database, user, password } = login;
  const line = [host, port, database, user, password].map((field) => (field === undefined ? "*" : escaped(`${field}`)));
  await writeDurably(file, `${line.join(":")}\n`, owner ? { uid: owner.uid, gid: owner.gid } : {});
}

function escaped(field: string): string {
  return field.replaceAll(/[\\:]/g, String.raw`\$&`);
}
