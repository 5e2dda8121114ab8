import { Failure } from "../lib/failure.ts";

/** A key's value; `revision` grows with every change of the key and is never used twice. Absent: revision 0, value null. */
export interface Entry {
  readonly key: string;
  readonly value: string | null;
  readonly revision: number;
}

/** A transaction: applied as a whole if every key in `expect` still has that revision (0: absent), else not at all. */
export interface Transaction {
  readonly expect: readonly { readonly key: string; readonly revision: number }[];
  /** `null` deletes. Each key at most once. */
  readonly write: readonly { readonly key: string; readonly value: string | null }[];
}

/** `applied: false` says for certain that nothing was written; `entries` are the keys of `expect` and `write` as they are now. */
export interface TransactionResult {
  readonly applied: boolean;
  readonly entries: readonly Entry[];
}

/** The store does not answer, for some seconds now, and may be back at any time. */
export class StoreAway extends Failure {
  override name = "StoreAway";
}

/**
 * A linearizable key-value store. Keys are `/`-separated words.
 *
 * Each call has a deadline of its own and settles by then. A read that fails rejects with `Failure`. A
 * transaction rejects with `Failure` when it certainly was not applied and with `UnknownOutcome` when
 * nobody knows; no implementation ever repeats one whose outcome is unknown. What is reported as applied
 * survives the loss of power.
 */
export interface Store {
  /** Which store this is: a random id made with it. A store that was replaced or recreated has another. */
  identity(): Promise<string>;

  /** The keys as they are at one moment not before the call, in the order asked for; absent ones with revision 0. */
  read(keys: readonly string[]): Promise<readonly Entry[]>;

  /** All existing keys that begin with `prefix`, sorted, at one moment not before the call. */
  list(prefix: string): Promise<readonly Entry[]>;

  transact(transaction: Transaction): Promise<TransactionResult>;

  /**
   * Calls `then` soon after anything under `prefix` changed: within about 10 ms, or 200 ms if the process
   * that made the change died with it; now and then without a change, too. A bell, not a queue: whoever
   * hears it reads. Watch first, then read, and nothing is missed. Returns how to stop.
   */
  watch(prefix: string, then: () => void): () => void;

  close(): Promise<void>;
}
