import { setTimeout as sleep } from "node:timers/promises";
import { Failure, messageOf } from "../../lib/failure.ts";
import { Connection, type Target } from "./connection.ts";
import { Ledger } from "./ledger.ts";
import { createTables } from "./schema.ts";
import { mergeVerdicts, verify, type Verdict } from "./verify.ts";
import { work } from "./worker.ts";

/** How much a load writes. */
export interface LoadSettings {
  readonly target: Target;
  readonly workers: number;
  /** Commits a second, of all workers together. */
  readonly perSecond: number;
}

/** For how long a verification looks for a primary. */
const VERIFY_WITHIN_MS = 30_000;

/**
 * A client as applications are: some workers, each with a connection of its own, that commit at a given
 * pace, remember what was acknowledged, and reconnect at once. Work begins with {@link start}; it is
 * verified by batches, while it goes on or afterwards.
 */
export class Load {
  readonly ledger = new Ledger();
  readonly #settings: LoadSettings;
  #batch = 1;
  #perSecond: number;
  #ended = false;
  #workers: Promise<void>[] = [];

  private constructor(settings: LoadSettings) {
    this.#settings = settings;
    this.#perSecond = settings.perSecond;
  }

  /** Makes the tables anew and begins. */
  static async start(settings: LoadSettings): Promise<Load> {
    const load = new Load(settings);
    await load.#withPrimary(createTables);
    const shift = {
      target: settings.target,
      ledger: load.ledger,
      periodMs: () => (1000 * settings.workers) / load.#perSecond,
      batch: () => load.#batch,
      ended: () => load.#ended,
    };
    load.#workers = Array.from({ length: settings.workers }, (_, worker) => work(worker, shift));
    return load;
  }

  /** From now on rows belong to this batch. */
  beginBatch(batch: number): void {
    this.#batch = batch;
  }

  /** Changes the pace: so many commits a second from now on. */
  setPace(perSecond: number): void {
    this.#perSecond = perSecond;
  }

  /** Compares a batch, or all of them, with the current primary. What is acknowledged during the comparison waits for the next one. */
  async verify(batches: readonly number[] = this.ledger.batches): Promise<Verdict> {
    const acknowledged = batches.map((batch) => ({ batch, ids: this.ledger.acknowledgedIn(batch) }));
    return this.#withPrimary(async (connection) => {
      const verdicts: Verdict[] = [];
      for (const { batch, ids } of acknowledged) verdicts.push(await verify(connection, batch, ids));
      return mergeVerdicts(verdicts);
    });
  }

  /** Lets the transactions under way end (each within its deadline). */
  async stop(): Promise<void> {
    this.#ended = true;
    await Promise.all(this.#workers);
  }

  async #withPrimary<T>(then: (connection: Connection) => Promise<T>): Promise<T> {
    const endAtMs = performance.now() + VERIFY_WITHIN_MS;
    for (;;) {
      let connection: Connection | null = null;
      try {
        connection = await Connection.open(this.#settings.target, "verification");
        return await then(connection);
      } catch (error) {
        if (performance.now() > endAtMs) throw new Failure(`Cannot work with the primary: ${messageOf(error)}`);
        await sleep(100);
      } finally {
        connection?.close();
      }
    }
  }
}
