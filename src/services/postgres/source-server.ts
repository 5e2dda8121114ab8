import { Failure } from "../../lib/failure.ts";
import { Connection } from "./connection.ts";
import type { DataContext, Source } from "./context.ts";
import { parseLsn } from "./lsn.ts";
import { REPLICATION_ROLE } from "./secrets.ts";

const ANSWER_MS = 10_000;

/** An immediate checkpoint writes out everything that is dirty. */
const CHECKPOINT_MS = 600_000;

/** A running server that data is copied from, asked with the replication role. */
export class SourceServer implements AsyncDisposable {
  readonly #connection: Connection;
  readonly #source: Source;
  readonly #signal: AbortSignal;
  readonly #abort = (): void => this.#connection.close();

  constructor(context: DataContext, source: Source) {
    const login = { host: source.host, port: source.port, user: REPLICATION_ROLE, database: "postgres" };
    const password = context.secrets.replication;
    this.#connection = new Connection({ ...login, password, tls: context.tls }, context.clock, () => undefined);
    this.#source = source;
    this.#signal = context.signal;
    this.#signal.addEventListener("abort", this.#abort);
  }

  /**
   * Resolves once its control file shows the timeline that it writes. Right after a promotion it does not,
   * and pg_rewind would believe that nothing has diverged; a checkpoint changes that. Rejects when it is no primary.
   */
  async settleTimeline(): Promise<void> {
    if ((await this.#one("SELECT pg_is_in_recovery()")) === true)
      throw new Failure(`Cannot rewind to "${this.#source.member}": it is not a primary`);
    const isSettled = `SELECT timeline_id = ('x' || left(pg_walfile_name(pg_current_wal_insert_lsn()), 8))::bit(32)::int FROM pg_control_checkpoint()`;
    if ((await this.#one(isSettled)) === true) return;
    await this.#one("SELECT understudy.checkpoint()::text", CHECKPOINT_MS);
    if ((await this.#one(isSettled)) === true) return;
    throw new Failure(`Cannot rewind to "${this.#source.member}": its control file does not show its timeline yet`);
  }

  /** The timeline that it writes. */
  async timeline(): Promise<number> {
    return Number(await this.#one("SELECT timeline_id FROM pg_control_checkpoint()"));
  }

  /** How far it has written. */
  async offset(): Promise<number> {
    return parseLsn(String(await this.#one("SELECT pg_current_wal_flush_lsn()")));
  }

  /** A part of one of the files in its data directory. */
  async read(file: string, from: number, bytes: number): Promise<Buffer> {
    const part = `encode(pg_read_binary_file('${file}', ${from}, ${bytes}, false), 'base64')`;
    return Buffer.from(String(await this.#one(`SELECT ${part}`)), "base64");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#signal.removeEventListener("abort", this.#abort);
    this.#connection.close();
  }

  async #one(text: string, withinMs: number = ANSWER_MS): Promise<string | number | boolean | null> {
    if (this.#signal.aborted) throw new Failure("it was told to stop");
    const rows = await this.#connection.rowsWithin(withinMs, { text });
    return rows[0]?.[0] ?? null;
  }
}
