import { setTimeout as sleep } from "node:timers/promises";
import type { Connection } from "../../src/quickstart/client/connection.ts";
import type { RunningGroup } from "./group.ts";

/** Enough log for a full disk to be noticed soon. */
const PAD_BYTES = 4000;
const STATEMENT_MS = 5000;

/** Clients that add one to a row of their own, again and again, whatever happens, and know what was acknowledged. */
export class CountingLoad {
  readonly #group: RunningGroup;
  readonly #tried: number[];
  readonly #acknowledged: number[];
  readonly #done: readonly Promise<void>[];
  #isOver = false;

  private constructor(group: RunningGroup, clients: number) {
    this.#group = group;
    this.#tried = Array.from({ length: clients }, () => 0);
    this.#acknowledged = [...this.#tried];
    this.#done = this.#tried.map((_, client) => this.#count(client));
  }

  static async on(group: RunningGroup, clients: number): Promise<CountingLoad> {
    const first = await group.connect();
    await first.query("CREATE TABLE counted (client int PRIMARY KEY, n int) WITH (fillfactor = 10)");
    await first.query(`INSERT INTO counted SELECT client, 0 FROM generate_series(0, ${clients - 1}) AS client`);
    first.close();
    return new CountingLoad(group, clients);
  }

  get acknowledged(): number {
    return this.#acknowledged.reduce((sum, n) => sum + n, 0);
  }

  /** Resolves once so many more have been acknowledged. */
  async goesOn(more: number, withinMs = 20_000): Promise<void> {
    const wanted = this.acknowledged + more;
    const endAtMs = performance.now() + withinMs;
    while (this.acknowledged < wanted) {
      if (performance.now() > endAtMs) throw new Error(`only ${this.acknowledged} of ${wanted} within ${withinMs} ms`);
      await sleep(20);
    }
  }

  /** Ends it, and says which clients lost something that was acknowledged or have more than they asked for. */
  async end(): Promise<readonly string[]> {
    this.#isOver = true;
    await Promise.all(this.#done);
    const last = await this.#group.connect();
    const { rows } = await last.query("SELECT client, n FROM counted ORDER BY client");
    last.close();
    return (rows as { client: number; n: number }[]).flatMap(({ client, n }) => {
      const [least, most] = [this.#acknowledged[client] ?? 0, this.#tried[client] ?? 0];
      return n >= least && n <= most ? [] : [`client ${client}: ${n} found, ${least} acknowledged of ${most}`];
    });
  }

  async #count(client: number): Promise<void> {
    let connection: Connection | null = null;
    const statement = `UPDATE counted SET n = n + 1 WHERE client = ${client}
      RETURNING pg_logical_emit_message(true, 'pad', repeat('x', ${PAD_BYTES}))`;
    const addOne = async (): Promise<void> => {
      connection ??= await this.#group.connect();
      this.#tried[client] = (this.#tried[client] ?? 0) + 1;
      await connection.query(statement, undefined, STATEMENT_MS);
      this.#acknowledged[client] = (this.#acknowledged[client] ?? 0) + 1;
    };
    const reconnect = async (): Promise<void> => {
      connection?.close();
      connection = null;
      await sleep(50);
    };
    while (!this.#isOver) await addOne().catch(reconnect);
    (connection as Connection | null)?.close();
  }
}
