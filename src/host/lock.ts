import { rmSync, writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { DatabaseSync } from "node:sqlite";
import { Failure, messageOf } from "../lib/failure.ts";

/** A lock is ours until {@link release}d or our process ends, or somebody else's (`heldBy`: its process, if known). */
export type LockAnswer =
  | { readonly taken: true; readonly release: () => void }
  | { readonly taken: false; readonly heldBy: number | null };

/**
 * Takes the exclusive lock `file` for this process, or says who has it; never waits. The kernel gives the
 * lock back however its process ends, so a left-over file locks nothing; a process that is merely stopped
 * keeps it. Processes that it starts do not inherit it. Rejects with a {@link Failure} when the file
 * cannot be made.
 *
 * It is SQLite's own file lock on an empty database: the one lock of this kind that Node can take without
 * native code, on Linux and macOS alike.
 */
export async function takeLock(file: string): Promise<LockAnswer> {
  let database: DatabaseSync | null = null;
  try {
    database = new DatabaseSync(file, { timeout: 0 });
    database.exec("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE");
  } catch (error) {
    database?.close();
    if (isHeld(error)) return { taken: false, heldBy: await readPid(pidFile(file)) };
    throw new Failure(`Cannot take the lock "${file}": ${messageOf(error)}`);
  }
  return held(file, database);
}

function held(file: string, database: DatabaseSync): LockAnswer {
  notePid(pidFile(file));
  return {
    taken: true,
    release() {
      rmSync(pidFile(file), { force: true });
      if (database.isOpen) database.close();
    },
  };
}

/** SQLite's code for a file that another process has locked. */
const SQLITE_BUSY = 5;

function isHeld(error: unknown): boolean {
  return (error as { errcode?: number }).errcode === SQLITE_BUSY;
}

function pidFile(file: string): string {
  return `${file}.pid`;
}

/** For people only; a full disk must not keep anybody from taking the lock. */
function notePid(file: string): void {
  try {
    writeFileSync(file, `${process.pid}\n`, { mode: 0o600 });
  } catch {
    rmSync(file, { force: true });
  }
}

async function readPid(file: string): Promise<number | null> {
  const pid = Number(await readFile(file, "utf8").catch(() => ""));
  return pid > 0 ? pid : null;
}
