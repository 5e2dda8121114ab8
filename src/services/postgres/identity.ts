import { randomBytes } from "node:crypto";
import { open } from "node:fs/promises";
import { endianness } from "node:os";
import { join } from "node:path";
import type { Fork } from "../../core/position.ts";
import { readIfThere, writeDurably } from "../../host/durable-file.ts";
import { Failure, messageOf } from "../../lib/failure.ts";
import type { Account } from "../../host/account.ts";

/** What a data directory knows about itself; durable in it as `understudy.json`. */
export interface Identity {
  readonly format: 1;
  /** This copy in this life: another one after it is created, cloned or rewound. */
  readonly incarnation: string;
  /** What all copies of the same data share: PostgreSQL's system identifier. */
  readonly dataId: string;
  /** Where each term began; an entry is here before the first byte of its term is. */
  readonly forks: readonly Fork[];
  /**
   * The term whose promotion was begun and is not confirmed yet; `null` else. It is set before the server
   * is told to promote, together with the term's fork, and cleared once the term's first entry is written.
   * Found set after a crash it says: entries behind that fork may exist, and they are this term's own.
   */
  readonly promoting: number | null;
}

/** The file's name within the data directory. */
export const IDENTITY_FILE = "understudy.json";

/** The identity of the data in `directory`, or `null` when it has none (yet). Rejects with a {@link Failure} when it cannot be read. */
export async function readIdentity(directory: string): Promise<Identity | null> {
  const file = join(directory, IDENTITY_FILE);
  const text = await readIfThere(file);
  if (text === null) return null;
  try {
    return parsed(JSON.parse(text));
  } catch (error) {
    throw new Failure(
      `Cannot read "${file}": ${messageOf(error)}. The data is not used as long as it is not known which copy it is.`,
    );
  }
}

/** Makes `identity` the identity of the data in `directory`, as a whole and durably. */
export async function writeIdentity(directory: string, identity: Identity, account: Account): Promise<void> {
  const text = `${JSON.stringify(identity, null, 2)}\n`;
  await writeDurably(join(directory, IDENTITY_FILE), text, { uid: account.uid, gid: account.gid });
}

/** A new random name for one life of one copy: 16 hexadecimal characters. */
export function newIncarnation(): string {
  return randomBytes(8).toString("hex");
}

/** PostgreSQL's system identifier of the data in `directory`; `null` when there is no control file. */
export async function readDataId(directory: string): Promise<string | null> {
  const file = join(directory, "global", "pg_control");
  try {
    const handle = await open(file, "r");
    try {
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(8), 0, 8, 0);
      if (bytesRead < 8) throw new Failure(`Cannot read "${file}": it is cut off`);
      return (endianness() === "LE" ? buffer.readBigUInt64LE() : buffer.readBigUInt64BE()).toString();
    } finally {
      await handle.close();
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error instanceof Failure ? error : new Failure(`Cannot read "${file}": ${messageOf(error)}`);
  }
}

function parsed(value: unknown): Identity {
  const identity = value as Identity | null;
  const isSound =
    identity?.format === 1 &&
    /^[0-9a-f]{16}$/.test(identity.incarnation) &&
    /^\d+$/.test(identity.dataId) &&
    (identity.promoting === null || Number.isSafeInteger(identity.promoting)) &&
    Array.isArray(identity.forks) &&
    identity.forks.every((fork) => Number.isSafeInteger(fork.term) && Number.isSafeInteger(fork.offset));
  if (!isSound) throw new Failure("it is not in the form that this version writes");
  return identity;
}
