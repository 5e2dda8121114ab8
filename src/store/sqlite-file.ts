import { chmodSync, statSync, utimesSync } from "node:fs";
import { DatabaseSync, type StatementSync } from "node:sqlite";
import { Failure } from "../lib/failure.ts";
import { keysOf } from "./check-transaction.ts";
import { explainCommit } from "./sqlite-error.ts";
import { checkContent, checkOwner, prepareContent } from "./sqlite-schema.ts";
import type { Entry, Transaction, TransactionResult } from "./store.ts";

/** So many changes are remembered by their keys; whoever looks less often is told that anything may have changed. */
const CHANGES_KEPT = 1024;
/** The last key that begins with `prefix` is not behind `prefix` and this. */
const LAST = "\u{10FFFF}";

/**
 * The store's file as one thread sees it; everything here is synchronous. Throws the errors of SQLite, of
 * which a lock ({@link isBusy}) says that nothing was done, or `Failure` and `UnknownOutcome`.
 */
export class SqliteFile {
  readonly identity: string;
  readonly #file: string;
  readonly #inode: bigint;
  readonly #db: DatabaseSync;
  readonly #one: StatementSync;
  readonly #many: StatementSync;
  readonly #range: StatementSync;
  readonly #put: StatementSync;
  readonly #remove: StatementSync;
  readonly #log: StatementSync;
  readonly #forget: StatementSync;
  readonly #newest: StatementSync;
  readonly #since: StatementSync;
  readonly #version: StatementSync;
  /** A commit failed in a way that leaves its outcome open: see {@link #settle}. */
  #inDoubt = false;

  /** Opens the store, or makes one in an empty file. A file that is anything else is left as it is. */
  constructor(file: string) {
    this.#file = file;
    // Locks are waited for by trying again, never inside SQLite, where nothing else could be answered.
    const db = new DatabaseSync(file, { timeout: 0, enableForeignKeyConstraints: false });
    try {
      checkOwner(db, file);
      // FULL: the log is synced with every commit, so what is reported as applied survives the loss of power.
      db.exec("PRAGMA synchronous = FULL");
      this.identity = prepareContent(db, file);
      checkContent(db, file);
      chmodSync(file, 0o600);
      this.#inode = statSync(file, { bigint: true }).ino;
    } catch (error) {
      db.close();
      throw error;
    }
    this.#db = db;
    this.#one = db.prepare("SELECT key, value, revision FROM entry WHERE key = ?");
    this.#many = db.prepare("SELECT key, value, revision FROM entry WHERE key IN (SELECT value FROM json_each(?))");
    this.#range = db.prepare("SELECT key, value, revision FROM entry WHERE key >= ? AND key < ?");
    this.#put = db.prepare(
      "INSERT INTO entry (key, value, revision) VALUES (?, ?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value, revision = excluded.revision",
    );
    this.#remove = db.prepare("DELETE FROM entry WHERE key = ?");
    this.#log = db.prepare("INSERT INTO change (keys) VALUES (?) RETURNING revision");
    this.#forget = db.prepare("DELETE FROM change WHERE revision <= ?");
    this.#newest = db.prepare("SELECT max(revision) AS revision FROM change");
    this.#since = db.prepare("SELECT revision, keys FROM change WHERE revision > ? ORDER BY revision");
    this.#version = db.prepare("PRAGMA data_version");
  }

  read(keys: readonly string[]): readonly Entry[] {
    this.#checkPlace();
    this.#settle();
    const found = this.#many.all(JSON.stringify(keys)) as unknown as readonly Entry[];
    const byKey = new Map(found.map((entry) => [entry.key, entry]));
    return keys.map((key) => byKey.get(key) ?? absent(key));
  }

  list(prefix: string): readonly Entry[] {
    this.#checkPlace();
    this.#settle();
    const found = this.#range.all(prefix, prefix + LAST) as unknown as Entry[];
    return found.sort((a, b) => (a.key < b.key ? -1 : 1));
  }

  transact(transaction: Transaction): TransactionResult {
    this.#settle();
    this.#db.exec("BEGIN IMMEDIATE");
    let applied = false;
    let entries: readonly Entry[];
    try {
      this.#checkPlace();
      applied = transaction.expect.every(({ key, revision }) => this.#entry(key).revision === revision);
      if (applied) this.#write(transaction.write);
      entries = keysOf(transaction).map((key) => this.#entry(key));
    } catch (error) {
      this.#rollBack();
      throw error;
    }
    this.#commit();
    return { applied, entries };
  }

  /** Changes whenever another connection has changed the file; costs a microsecond. -1 when it cannot be told. */
  version(): number {
    try {
      return Number(this.#version.get()?.["data_version"]);
    } catch {
      return -1;
    }
  }

  /** The newest change; 0 when it cannot be told, so that everything counts as changed. */
  revision(): number {
    try {
      return Number(this.#newest.get()?.["revision"] ?? 0);
    } catch {
      return 0;
    }
  }

  /** The keys that changed after `revision`, and the newest change; `keys: null` when it was too long ago to tell. */
  changesSince(revision: number): { readonly revision: number; readonly keys: readonly string[] | null } {
    const changes = this.#since.all(revision) as unknown as readonly { revision: number; keys: string }[];
    const first = changes[0];
    if (first === undefined) return { revision, keys: [] };
    const newest = changes.at(-1)?.revision ?? revision;
    if (first.revision > revision + 1) return { revision: newest, keys: null };
    return { revision: newest, keys: changes.flatMap(({ keys }) => JSON.parse(keys) as string[]) };
  }

  /**
   * Wakes those who watch the file, if possible; the others look by themselves. The file is never opened
   * for that: closing it again would drop SQLite's locks.
   */
  ring(): void {
    const now = new Date();
    try {
      utimesSync(this.#file, now, now);
    } catch {
      // The change is made, whatever becomes of the ring.
    }
  }

  close(): void {
    this.#db.close();
  }

  #entry(key: string): Entry {
    return (this.#one.get(key) as Entry | undefined) ?? absent(key);
  }

  #write(write: Transaction["write"]): void {
    const changes = write.filter(({ key, value }) => value !== null || this.#entry(key).revision !== 0);
    if (changes.length === 0) return;
    const revision = this.#next(changes.map(({ key }) => key));
    for (const { key, value } of changes) {
      if (value === null) this.#remove.run(key);
      else this.#put.run(key, value, revision);
    }
  }

  /** The next revision: the number of a row in the log of changes, of which the newest is never removed. */
  #next(keys: readonly string[]): number {
    const revision = Number(this.#log.get(JSON.stringify(keys))?.["revision"]);
    if (revision % (CHANGES_KEPT / 8) === 0) this.#forget.run(revision - CHANGES_KEPT);
    return revision;
  }

  #commit(): void {
    try {
      this.#db.exec("COMMIT");
    } catch (error) {
      this.#rollBack();
      const explained = explainCommit(this.#file, error);
      this.#inDoubt = !(explained instanceof Failure);
      throw explained;
    }
  }

  #rollBack(): void {
    if (this.#db.isTransaction) this.#db.exec("ROLLBACK");
  }

  /**
   * After a commit of unknown outcome its frames may lie in the log unseen, and come to life when the log
   * is read anew. An empty change either finds the commit done or writes over them; so what is read
   * afterwards is final.
   */
  #settle(): void {
    if (!this.#inDoubt) return;
    this.#db.exec("BEGIN IMMEDIATE");
    try {
      this.#next([]);
    } catch (error) {
      this.#rollBack();
      throw error;
    }
    try {
      this.#db.exec("COMMIT");
    } catch (error) {
      this.#rollBack();
      throw new Failure(
        `Cannot use the store "${this.#file}": it is not known yet whether its last change was made, and finding out failed (${String(error)}). It is tried again with the next call.`,
      );
    }
    this.#inDoubt = false;
  }

  /** Whoever goes on with a file that was removed or replaced would be alone with it, and could not know. */
  #checkPlace(): void {
    const inode = statSync(this.#file, { bigint: true, throwIfNoEntry: false })?.ino;
    if (inode === this.#inode) return;
    throw new Failure(
      `Cannot use the store "${this.#file}": the file was ${inode === undefined ? "removed" : "replaced"} while it was open. Put it back, or restart everything that uses it.`,
    );
  }
}

function absent(key: string): Entry {
  return { key, value: null, revision: 0 };
}
