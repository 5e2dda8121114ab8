import { randomUUID } from "node:crypto";
import type { DatabaseSync } from "node:sqlite";
import { Failure } from "../lib/failure.ts";

/** Marks the file as ours ("Undy"), see `PRAGMA application_id`. */
const APPLICATION = 0x556e6479;
const FORMAT = 1;
/** A larger file is not checked when it is opened: it would take longer than a start may take. */
const CHECKED_BYTES = 64 * 1024 * 1024;

/** `entry`: what there is. `change`: a log of the last changes, whose row numbers are the revisions. */
const SCHEMA = `
  CREATE TABLE store (identity TEXT NOT NULL) STRICT;
  CREATE TABLE entry (key TEXT PRIMARY KEY, value TEXT NOT NULL, revision INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE change (revision INTEGER PRIMARY KEY, keys TEXT NOT NULL) STRICT;
  PRAGMA application_id = ${APPLICATION};
  PRAGMA user_version = ${FORMAT};
`;

/** Throws a `Failure` when the file holds something else, or the store of a later version. Changes nothing. */
export function checkOwner(db: DatabaseSync, file: string): void {
  const application = numberOf(db, "application_id");
  const format = numberOf(db, "user_version");
  if (isEmpty(db)) return;
  if (application !== APPLICATION)
    throw new Failure(
      `Cannot open the store "${file}": it is an SQLite database of something else. It was left as it is. Name another file for the store.`,
    );
  if (format !== FORMAT)
    throw new Failure(
      `Cannot open the store "${file}": it has format ${format}, and this version knows format ${FORMAT}. Run the version that made it.`,
    );
}

/** Makes the tables of an empty file, in one transaction with the identity; returns the identity. */
export function prepareContent(db: DatabaseSync, file: string): string {
  const mode = db.prepare("PRAGMA journal_mode = WAL").get()?.["journal_mode"];
  if (mode !== "wal")
    throw new Failure(
      `Cannot open the store "${file}": its file system cannot share memory between processes (SQLite's journal mode stays "${String(mode)}"). Put it on a local disk.`,
    );
  if (isEmpty(db)) create(db);
  return String(db.prepare("SELECT identity FROM store").get()?.["identity"]);
}

/** Throws a `Failure` when the file's structure is damaged. */
export function checkContent(db: DatabaseSync, file: string): void {
  if (numberOf(db, "page_count") * numberOf(db, "page_size") > CHECKED_BYTES) return;
  const said = String(db.prepare("PRAGMA quick_check(1)").get()?.["quick_check"]);
  if (said === "ok") return;
  throw new Failure(
    `Cannot open the store "${file}": the file is damaged (${said}). It was left as it is. Stop everything that uses it, then restore it from a backup, or move it away together with its -wal and -shm files to begin with an empty store.`,
  );
}

function create(db: DatabaseSync): void {
  db.exec("BEGIN IMMEDIATE");
  try {
    // Somebody else may have been first.
    if (isEmpty(db)) {
      db.exec(SCHEMA);
      db.prepare("INSERT INTO store (identity) VALUES (?)").run(randomUUID());
    }
    db.exec("COMMIT");
  } catch (error) {
    if (db.isTransaction) db.exec("ROLLBACK");
    throw error;
  }
}

function isEmpty(db: DatabaseSync): boolean {
  return db.prepare("SELECT count(*) AS tables FROM sqlite_schema").get()?.["tables"] === 0;
}

function numberOf(db: DatabaseSync, pragma: string): number {
  return Number(db.prepare(`PRAGMA ${pragma}`).get()?.[pragma]);
}
