import type { Transaction } from "./store.ts";

/** What the store's thread is started with. */
export interface Opening {
  readonly file: string;
  /** An instant of {@link hostNowMs}. */
  readonly untilMs: number;
}

/** What can be asked of the file; each is answered with the result of the store's method of that name. */
export type Question =
  | { readonly ask: "read"; readonly keys: readonly string[] }
  | { readonly ask: "list"; readonly prefix: string }
  | { readonly ask: "transact"; readonly transaction: Transaction };

/** From the store to its thread. */
export type Order =
  | { readonly id: number; readonly untilMs: number; readonly question: Question }
  /** From now on these prefixes are watched, and no others. */
  | { readonly watch: readonly string[] }
  | { readonly close: true };

/** How asking went wrong: `unknown` when a change may have been made. */
export interface Refusal {
  readonly unknown: boolean;
  readonly message: string;
}

/** From the thread to its store. */
export type Report =
  | { readonly opened: string }
  | { readonly refused: Refusal }
  | { readonly id: number; readonly answer: unknown }
  | { readonly id: number; readonly refused: Refusal }
  /** Something under these watched prefixes has changed. */
  | { readonly changed: readonly string[] };

/** Milliseconds of the host's monotonic clock: the same in all threads. */
export function hostNowMs(): number {
  return Number(process.hrtime.bigint() / 1000n) / 1000;
}
