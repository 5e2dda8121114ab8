import type { Client } from "pg";

/** A client that writes numbered rows one after the other and remembers which were acknowledged, and when. */
export class Writer {
  readonly acknowledged: number[] = [];
  lastAt = 0;
  #next: number;
  #ending: Promise<void>;
  #shallStop = false;

  constructor(client: Client, from = 1) {
    this.#next = from;
    this.#ending = this.#run(client);
  }

  /** Stops after the write under way, or at once when that never ends. */
  async stop(client: Client, withinMs = 200): Promise<void> {
    this.#shallStop = true;
    await Promise.race([this.#ending, new Promise((resolve) => setTimeout(resolve, withinMs))]);
    await Promise.race([client.end(), new Promise((resolve) => setTimeout(resolve, withinMs))]).catch(() => undefined);
  }

  async #run(client: Client): Promise<void> {
    while (!this.#shallStop) {
      const id = this.#next++;
      try {
        await client.query("INSERT INTO written VALUES ($1)", [id]);
      } catch {
        return;
      }
      this.acknowledged.push(id);
      this.lastAt = performance.now();
    }
  }
}

/** Those of `ids` that the database does not have. */
export async function missingIn(client: Client, ids: readonly number[]): Promise<readonly number[]> {
  const { rows } = await client.query<{ id: number }>("SELECT id FROM written");
  const there = new Set(rows.map(({ id }) => id));
  return ids.filter((id) => !there.has(id));
}
