import { createWriteStream, type WriteStream } from "node:fs";
import { join } from "node:path";
import { finished } from "node:stream/promises";
import { Failure } from "../../lib/failure.ts";
import type { DataContext } from "./context.ts";
import type { ControlData } from "./control-data.ts";
import type { Stretch } from "./history.ts";
import { formatLsn, parseLsn } from "./lsn.ts";
import { scratchDirectory } from "./member-directory.ts";

/** What stands behind a fork. */
export interface Listed {
  /** Where the last record ends, or begins where its end is not known. */
  readonly end: number;
  readonly records: number;
  readonly transactions: number;
}

/** A gigabyte of log is read in some ten seconds. */
const READ_MS = 120_000;

/** Of each list; a person reads no more, and the log itself is kept too. */
const MOST_LINES = 100_000;

/** Open transactions whose changes are counted at a time, and tables named of each. */
const MOST_OPEN = 10_000;
const MOST_TABLES = 20;

interface Changes {
  records: number;
  bytes: number;
  readonly tables: Set<string>;
}

/** Writes `records.txt` and `transactions.txt` about the log in `stretches` into `directory`. */
export async function listRecords(
  context: DataContext,
  control: ControlData,
  stretches: readonly Stretch[],
  directory: string,
): Promise<Listed> {
  const toRecords = new BoundedList(join(directory, "records.txt"));
  const toTransactions = new BoundedList(join(directory, "transactions.txt"));
  const open = new Map<string, Changes>();
  let [end, records, transactions] = [control.offset, 0, 0];
  const onLine = (line: string): void => {
    const record = parsed(line);
    toRecords.add(line);
    if (record === null) return;
    records++;
    end = Math.max(end, record.offset + record.bytes);
    const changes = noted(open, record);
    if (record.committed === null) return;
    transactions++;
    toTransactions.add(described(record, changes));
    open.delete(record.transaction);
  };
  for (const stretch of stretches) await readStretch(context, stretch, onLine);
  await Promise.all([toRecords.close(), toTransactions.close()]);
  return { end, records, transactions };
}

/**
 * The log normally ends in the middle of a record, where pg_waldump stops with an error: its complaint is
 * the last line of the list.
 */
async function readStretch(context: DataContext, stretch: Stretch, onLine: (line: string) => void): Promise<void> {
  const { programs, account, data, memberDirectory, signal } = context;
  const until = stretch.to === null ? [] : ["-e", formatLsn(stretch.to)];
  const args = ["-p", join(data, "pg_wal"), "-t", String(stretch.timeline), "-s", formatLsn(stretch.from), ...until];
  const cwd = scratchDirectory(memberDirectory);
  const options = { as: account, timeoutMs: READ_MS, signal, onLine, cwd };
  await programs.run("pg_waldump", args, options).catch((error: unknown) => {
    if (!(error instanceof Failure) || signal.aborted) throw error;
  });
}

interface WalRecord {
  readonly offset: number;
  readonly bytes: number;
  readonly transaction: string;
  readonly tables: readonly string[];
  /** When it was committed, if this record did that. */
  readonly committed: string | null;
}

function parsed(line: string): WalRecord | null {
  const match = /^rmgr: (\w+)\s+len \(rec\/tot\):\s*\d+\/\s*(\d+), tx:\s*(\d+), lsn: (\S+), .*?desc: (.*)$/.exec(line);
  if (match === null) return null;
  const [, manager, bytes, transaction = "", lsn = "", what = ""] = match;
  return {
    offset: parseLsn(lsn),
    bytes: Number(bytes),
    transaction,
    tables: [...what.matchAll(/rel \d+\/(\d+\/\d+)/g)].map((found) => found[1] ?? ""),
    committed: manager === "Transaction" ? (/^COMMIT\w* (?:\d+: )?([^;]+)/.exec(what)?.[1] ?? null) : null,
  };
}

function noted(open: Map<string, Changes>, record: WalRecord): Changes {
  const changes = open.get(record.transaction) ?? { records: 0, bytes: 0, tables: new Set() };
  if (open.size < MOST_OPEN) open.set(record.transaction, changes);
  changes.records++;
  changes.bytes += record.bytes;
  for (const table of record.tables) if (changes.tables.size < MOST_TABLES) changes.tables.add(table);
  return changes;
}

function described({ offset, transaction, committed }: WalRecord, { records, bytes, tables }: Changes): string {
  const where = [...tables].join(" ") || "none";
  return `${committed}  transaction ${transaction} committed at ${formatLsn(offset)}: ${records} records, ${bytes} bytes, tables ${where}`;
}

/** A file of lines that stops growing at {@link MOST_LINES}. */
class BoundedList {
  readonly #file: WriteStream;
  #lines = 0;

  constructor(file: string) {
    this.#file = createWriteStream(file, { mode: 0o600 });
    this.#file.on("error", () => undefined);
  }

  add(line: string): void {
    this.#lines++;
    if (this.#lines <= MOST_LINES) this.#file.write(`${line}\n`);
  }

  /** Rejects when anything could not be written. */
  async close(): Promise<void> {
    if (this.#lines > MOST_LINES) this.#file.write(`… and ${this.#lines - MOST_LINES} more\n`);
    this.#file.end();
    await finished(this.#file);
  }
}
