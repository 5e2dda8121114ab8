import { Failure, UnknownOutcome } from "../../lib/failure.ts";
import { checkTransaction, keysOf } from "../check-transaction.ts";
import type { Entry, Store, Transaction, TransactionResult } from "../store.ts";
import type { EtcdBell } from "./bell.ts";
import type { EtcdCluster } from "./cluster.ts";
import type { Keyspace } from "./keyspace.ts";
import { txn, type Compare, type KeyValue, type Operation, type TxnRequest, type TxnResponse } from "./methods.ts";
import type { Origin } from "./origin.ts";

/** What an {@link EtcdStore} is made of. */
export interface EtcdParts {
  readonly cluster: EtcdCluster;
  readonly keyspace: Keyspace;
  readonly bell: EtcdBell;
  /** Which store this is. */
  readonly origin: Origin;
}

/**
 * A store in etcd. Each call is one transaction of etcd, which first asks whether the store is still the
 * one that was opened, so nothing is ever read from or written to another one in its place.
 */
export class EtcdStore implements Store {
  readonly #parts: EtcdParts;
  /** What has been seen of etcd's revision: whatever is asked from now on is answered at that one or a later one. */
  #revision = 0;
  #closed = false;

  constructor(parts: EtcdParts) {
    this.#parts = parts;
  }

  async identity(): Promise<string> {
    return this.#parts.origin.identity;
  }

  async read(keys: readonly string[]): Promise<readonly Entry[]> {
    const names = [...new Set(keys)];
    const responses = await this.#look(names.map((key) => this.#get(key)));
    const entries = new Map(names.map((key, i) => [key, entryOf(key, responses[i]?.responseRange?.kvs[0])]));
    return keys.map((key) => entries.get(key) ?? entryOf(key, undefined));
  }

  async list(prefix: string): Promise<readonly Entry[]> {
    const { keyspace } = this.#parts;
    const [response] = await this.#look([{ requestRange: keyspace.range(prefix) }]);
    const found = response?.responseRange?.kvs ?? [];
    return found.map((kv) => entryOf(keyspace.inner(kv.key), kv)).sort((a, b) => (a.key < b.key ? -1 : 1));
  }

  async transact(transaction: Transaction): Promise<TransactionResult> {
    checkTransaction(transaction);
    this.#checkOpen();
    const keys = keysOf(transaction);
    const gets = keys.map((key) => this.#get(key));
    const writes = transaction.write.map(({ key, value }) => this.#write(key, value));
    const least = this.#revision;
    const answer = await this.#parts.cluster.change({
      compare: [...this.#isSame(), ...transaction.expect.map(({ key, revision }) => this.#hasRevision(key, revision))],
      success: [...writes, ...gets],
      failure: [...this.#identity(), ...gets],
    });
    const problem = this.#problemOf(answer, least);
    if (problem !== null) throw answer.succeeded ? new UnknownOutcome(problem) : new Failure(problem);
    const read = answer.responses.slice(answer.succeeded ? writes.length : 1);
    const entries = keys.map((key, i) => entryOf(key, read[i]?.responseRange?.kvs[0]));
    return { applied: answer.succeeded, entries };
  }

  watch(prefix: string, then: () => void): () => void {
    return this.#closed ? () => undefined : this.#parts.bell.watch(prefix, then);
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#parts.bell.close();
    this.#parts.cluster.close();
  }

  /** The answers to `gets`, all at one moment. */
  async #look(gets: readonly Operation[]): Promise<TxnResponse["responses"]> {
    this.#checkOpen();
    const least = this.#revision;
    const question: TxnRequest = { compare: this.#isSame(), success: gets, failure: this.#identity() };
    const answer = await this.#parts.cluster.ask("read", txn, question);
    const problem = this.#problemOf(answer, least);
    if (problem !== null) throw new Failure(problem);
    return answer.responses;
  }

  /** What is wrong with whoever answered; `null` when it is the store that was opened, and not as it was before `least`. */
  #problemOf({ header, succeeded, responses }: TxnResponse, least: number): string | null {
    const { origin } = this.#parts;
    const revision = Number(header.revision);
    if (header.clusterId !== origin.clusterId)
      return "Another etcd cluster answers in place of the store's: look at `endpoints`, then start this again.";
    const found = succeeded ? undefined : responses[0]?.responseRange?.kvs[0];
    if (!succeeded && found?.createRevision !== origin.createRevision)
      return "The store in etcd was removed or replaced. If that was meant, start this again.";
    if (revision < least)
      return `etcd went back in time, from revision ${least} to ${revision}: it was restored from a backup, or one of its members is damaged. If it was restored, start this again.`;
    this.#revision = Math.max(this.#revision, revision);
    return null;
  }

  #checkOpen(): void {
    if (this.#closed) throw new Failure("The store was closed");
  }

  #get(key: string): Operation {
    return { requestRange: { key: this.#parts.keyspace.outer(key) } };
  }

  #write(key: string, value: string | null): Operation {
    const outer = this.#parts.keyspace.outer(key);
    if (value === null) return { requestDeleteRange: { key: outer } };
    return { requestPut: { key: outer, value: Buffer.from(value) } };
  }

  #hasRevision(key: string, modRevision: number): Compare {
    return { result: 0, target: 2, key: this.#parts.keyspace.outer(key), modRevision };
  }

  #isSame(): readonly Compare[] {
    const { keyspace, origin } = this.#parts;
    return [{ result: 0, target: 1, key: keyspace.identity, createRevision: origin.createRevision }];
  }

  #identity(): readonly Operation[] {
    return [{ requestRange: { key: this.#parts.keyspace.identity } }];
  }
}

function entryOf(key: string, kv: KeyValue | undefined): Entry {
  if (kv === undefined) return { key, value: null, revision: 0 };
  return { key, value: kv.value.toString("utf8"), revision: Number(kv.modRevision) };
}
