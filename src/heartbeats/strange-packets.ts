import type { Dropped } from "./heartbeats.ts";

/** For so long after the last of them somebody should be told. */
const TOLD_MS = 10_000;

/** What a person should do about packets that were passed over, where he can do something. */
const ADVICE: Partial<Record<Dropped, string>> = {
  "wrong-key":
    "Heartbeats arrive that were made with another key: the file `heartbeats.key` differs between the hosts, or somebody else sends here. Copy the right one to all and restart their agents.",
  "wrong-cluster":
    "Heartbeats of another cluster arrive, made with this one's key: give each cluster a key of its own, and ports of its own.",
  oversized: "Packets arrive that are no heartbeats: something else uses this port.",
  malformed:
    "Packets arrive that are no heartbeats of this version: something else uses this port, or an agent is of another version.",
};

/** Notices packets that point to a mistake, and tells of the last kind for a while. */
export class StrangePackets {
  #counts: Readonly<Partial<Record<Dropped, number>>> = {};
  #last: { readonly kind: Dropped; readonly atMs: number } | null = null;

  /** So many of each kind were passed over until now. */
  count(counts: Readonly<Record<Dropped, number>>, nowMs: number): void {
    const grown = (Object.keys(ADVICE) as Dropped[]).find((kind) => counts[kind] > (this.#counts[kind] ?? 0));
    this.#counts = counts;
    if (grown !== undefined) this.#last = { kind: grown, atMs: nowMs };
  }

  /** In words, with what to do; `null`: nothing lately. */
  problem(nowMs: number): string | null {
    return this.#last === null || nowMs - this.#last.atMs > TOLD_MS ? null : (ADVICE[this.#last.kind] ?? null);
  }
}
