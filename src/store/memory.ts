import { Failure } from "../lib/failure.ts";
import { checkTransaction, keysOf } from "./check-transaction.ts";
import type { Entry, Store, Transaction, TransactionResult } from "./store.ts";

/** Runs `then` later: how a question gets to the data, an answer back, and a change to who watches. */
export type Hop = (then: () => void) => void;

type Bell = (keys: readonly string[]) => void;

/** What all {@link MemoryStore}s of one cluster share. The reference of what a store's data does. */
export class MemoryData {
  readonly identity: string;
  readonly #entries = new Map<string, Entry>();
  readonly #bells = new Set<Bell>();
  #revision = 0;

  constructor(identity: string) {
    this.identity = identity;
  }

  read(keys: readonly string[]): readonly Entry[] {
    return keys.map((key) => this.#entries.get(key) ?? { key, value: null, revision: 0 });
  }

  list(prefix: string): readonly Entry[] {
    const keys = [...this.#entries.keys()].filter((key) => key.startsWith(prefix)).toSorted();
    return this.read(keys);
  }

  transact(transaction: Transaction): TransactionResult {
    const now = this.read(transaction.expect.map(({ key }) => key));
    const applied = transaction.expect.every(({ revision }, i) => now[i]?.revision === revision);
    if (applied) this.#write(transaction.write);
    return { applied, entries: this.read(keysOf(transaction)) };
  }

  /** As it is now, for a store that shall go back to that; nobody watches it. */
  copy(): MemoryData {
    const copy = new MemoryData(this.identity);
    for (const [key, entry] of this.#entries) copy.#entries.set(key, entry);
    copy.#revision = this.#revision;
    return copy;
  }

  onChange(bell: Bell): () => void {
    this.#bells.add(bell);
    return () => this.#bells.delete(bell);
  }

  #write(write: Transaction["write"]): void {
    const changes = write.filter(({ key, value }) => value !== null || this.#entries.has(key));
    if (changes.length === 0) return;
    const revision = ++this.#revision;
    for (const { key, value } of changes) {
      if (value === null) this.#entries.delete(key);
      else this.#entries.set(key, { key, value, revision });
    }
    for (const bell of this.#bells) bell(changes.map(({ key }) => key));
  }
}

/**
 * The reference store: one process, nothing on disk. It has no clock and no randomness: whatever takes
 * time goes through `hop`, so that a simulator decides when each question arrives and each answer returns.
 */
export class MemoryStore implements Store {
  readonly #data: MemoryData;
  readonly #hop: Hop;
  readonly #stops = new Set<() => void>();
  #closed = false;

  constructor(data: MemoryData, hop: Hop = queueMicrotask) {
    this.#data = data;
    this.#hop = hop;
  }

  identity(): Promise<string> {
    return this.#ask(() => this.#data.identity);
  }

  read(keys: readonly string[]): Promise<readonly Entry[]> {
    return this.#ask(() => this.#data.read(keys));
  }

  list(prefix: string): Promise<readonly Entry[]> {
    return this.#ask(() => this.#data.list(prefix));
  }

  async transact(transaction: Transaction): Promise<TransactionResult> {
    checkTransaction(transaction);
    return this.#ask(() => this.#data.transact(transaction));
  }

  watch(prefix: string, then: () => void): () => void {
    let watching = !this.#closed;
    const forget = this.#data.onChange((keys) => {
      if (keys.some((key) => key.startsWith(prefix))) this.#hop(() => watching && then());
    });
    const stop = (): void => {
      watching = false;
      forget();
      this.#stops.delete(stop);
    };
    this.#stops.add(stop);
    return stop;
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const stop of this.#stops) stop();
  }

  async #ask<T>(question: () => T): Promise<T> {
    if (this.#closed) throw new Failure("The store was closed");
    await this.#arrival();
    const answer = question();
    await this.#arrival();
    return answer;
  }

  #arrival(): Promise<void> {
    return new Promise((resolve) => this.#hop(resolve));
  }
}
