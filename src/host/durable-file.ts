import { constants } from "node:fs";
import { open, readFile, rename, rm } from "node:fs/promises";
import { dirname, join, basename } from "node:path";
import { Failure, messageOf } from "../lib/failure.ts";

/** Who shall own a file, and who may read it. */
export interface Ownership {
  readonly uid?: number;
  readonly gid?: number;
  /** Default 0o600: these files hold what only we may know. */
  readonly mode?: number;
}

/**
 * Replaces `file` by `text` as a whole: after a crash or the loss of power there is the old text or the
 * new one, and once this resolves it is the new one. Rejects with a {@link Failure} (a full disk, a
 * missing right) and leaves the old text.
 */
export async function writeDurably(file: string, text: string, owner: Ownership = {}): Promise<void> {
  const temporary = join(dirname(file), `.${basename(file)}.${process.pid}.new`);
  try {
    const handle = await open(
      temporary,
      constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC | constants.O_NOFOLLOW,
      owner.mode ?? 0o600,
    );
    try {
      await handle.writeFile(text);
      if (owner.uid !== undefined && owner.gid !== undefined) await handle.chown(owner.uid, owner.gid);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, file);
    await syncDirectory(dirname(file));
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw new Failure(`Cannot write "${file}": ${messageOf(error)}. Its old content is untouched.`);
  }
}

/** Removes `file` so that it stays removed after a loss of power; a missing one is fine. */
export async function removeDurably(file: string): Promise<void> {
  await rm(file, { force: true });
  await syncDirectory(dirname(file));
}

/** Makes the names in a directory durable. */
export async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** The text of `file`, or `null` when there is none. */
export async function readIfThere(file: string): Promise<string | null> {
  return readFile(file, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT" || error.code === "ENOTDIR") return null;
    throw new Failure(`Cannot read "${file}": ${error.message}`);
  });
}
