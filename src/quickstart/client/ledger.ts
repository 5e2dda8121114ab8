/** How a transaction ended, as its client saw it. */
export type Outcome =
  /** The server said that it is committed, and gave no warning. */
  | "acknowledged"
  /** It certainly did not happen: it failed before COMMIT was sent, or the server rolled it back. */
  | "refused"
  /** Nobody knows: the answer to COMMIT was lost, late, an error, or came with a warning. */
  | "unknown";

/** A row's unique id: no two transactions of a client share it. */
export interface TransferId {
  readonly batch: number;
  readonly worker: number;
  readonly sequence: number;
}

/** One number for an id within its batch. */
export function keyOf(worker: number, sequence: number): number {
  return worker * 1e9 + sequence;
}

/** What the clients know: every acknowledgement with its time, and how many ended otherwise. */
export class Ledger {
  /** When each acknowledged commit was sent and acknowledged, on the host's monotonic clock, in the order of the acknowledgements. */
  readonly sentAtMs: number[] = [];
  readonly acknowledgedAtMs: number[] = [];
  readonly #acknowledged = new Map<number, Set<number>>();
  refused = 0;
  unknown = 0;
  connects = 0;
  failedConnects = 0;
  lastError = "";

  acknowledge(id: TransferId, sentAtMs: number, nowMs: number): void {
    this.sentAtMs.push(sentAtMs);
    this.acknowledgedAtMs.push(nowMs);
    const batch = this.#acknowledged.get(id.batch) ?? new Set();
    batch.add(keyOf(id.worker, id.sequence));
    this.#acknowledged.set(id.batch, batch);
  }

  /** The ids acknowledged so far in `batch`: a copy, so that it can be compared while work goes on. */
  acknowledgedIn(batch: number): ReadonlySet<number> {
    return new Set(this.#acknowledged.get(batch));
  }

  get batches(): readonly number[] {
    return [...this.#acknowledged.keys()];
  }
}
