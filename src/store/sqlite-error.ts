import { UnknownOutcome, Failure, messageOf } from "../lib/failure.ts";

/** The primary result codes of SQLite that we tell apart. https://sqlite.org/rescode.html */
const BUSY = 5;
const READONLY = 8;
const CORRUPT = 11;
const FULL = 13;
const CANTOPEN = 14;
const NOTADB = 26;

const MOVE_AWAY =
  "Stop everything that uses it, then restore it from a backup, or move it away together with its -wal and -shm files to begin with an empty store.";

const ADVICE: Readonly<Record<number, string>> = {
  [BUSY]:
    "another process holds its lock all the time. If that goes on, a stopped or hung process is the cause: find it with `fuser` and end it.",
  [READONLY]: `the file or its directory cannot be written by user ${process.geteuid?.()}, or the file system is read-only.`,
  [CORRUPT]: `the file is damaged. It was left as it is. ${MOVE_AWAY}`,
  [FULL]: "the disk is full. Make room on its file system; then it goes on by itself.",
  [CANTOPEN]: `the file cannot be opened by user ${process.geteuid?.()}: look at its rights and those of its directory.`,
  [NOTADB]: "the file is not an SQLite database. It was left as it is. Name another file for the store.",
};

/** Whether a lock stood in the way: nothing has happened, and it can be tried again. */
export function isBusy(error: unknown): boolean {
  return codeOf(error) === BUSY;
}

/** `error` of SQLite as a `Failure` that says what to do; what is not from SQLite stays what it is. */
export function explain(doing: string, file: string, error: unknown): unknown {
  const code = codeOf(error);
  if (code === null) return error;
  const why = ADVICE[code] ?? `${messageOf(error)} (SQLite code ${code}).`;
  return new Failure(`Cannot ${doing} the store "${file}": ${why}`);
}

/**
 * What an error of COMMIT means. A lock, a full disk and a read-only file are noticed before the commit
 * mark is written completely, so nothing was changed. After any other (a write or a sync that failed) the
 * mark may be on disk.
 */
export function explainCommit(file: string, error: unknown): unknown {
  const code = codeOf(error);
  if (code === null || code === BUSY || code === FULL || code === READONLY) return explain("change", file, error);
  return new UnknownOutcome(
    `The store "${file}" may or may not have been changed: ${messageOf(error)} (SQLite code ${code}) at the commit. Look at the disk and the kernel's log.`,
  );
}

function codeOf(error: unknown): number | null {
  const code = (error as { errcode?: unknown }).errcode;
  return error instanceof Error && typeof code === "number" ? code & 0xff : null;
}
