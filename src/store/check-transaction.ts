import { invariant } from "../lib/failure.ts";
import type { Transaction } from "./store.ts";

/** Throws a `Bug` when `transaction` names a key twice, which no store could give a meaning to. */
export function checkTransaction(transaction: Transaction): void {
  for (const part of [transaction.expect, transaction.write]) {
    const names = part.map(({ key }) => key);
    invariant(new Set(names).size === names.length, `A transaction names a key twice: ${names.join(", ")}`);
  }
}

/** The keys that a transaction is about, each once: those it expects, then those it writes. */
export function keysOf(transaction: Transaction): readonly string[] {
  return [...new Set([...transaction.expect, ...transaction.write].map(({ key }) => key))];
}
