import type { SessionValue } from "../core/session.ts";

interface Seen {
  id: string;
  seq: number;
  changedAtMs: number;
}

/** Which standbys can be read from, by what their agents tell and by how long ago they told it. */
export class ReaderList {
  readonly #leaseMs: number;
  readonly #sessions = new Map<string, Seen>();
  readonly #readableAtMs = new Map<string, number>();

  constructor(leaseMs: number) {
    this.#leaseMs = leaseMs;
  }

  /** Takes in what the sessions say at `nowMs`. */
  note(
    group: string,
    primary: string | null,
    sessions: readonly (SessionValue | null)[],
    nowMs: number,
  ): { readonly readers: readonly string[]; readonly tolerated: readonly string[] } {
    const readers: string[] = [];
    for (const session of sessions) {
      if (session === null || session.node === primary) continue;
      const toldAtMs = this.#toldAtMs(session, nowMs);
      if (nowMs - toldAtMs >= this.#leaseMs || !canBeRead(session, group)) continue;
      readers.push(session.node);
      this.#readableAtMs.set(session.node, toldAtMs);
    }
    if (primary !== null) this.#readableAtMs.delete(primary);
    const tolerated = [...this.#readableAtMs].filter(([, atMs]) => nowMs - atMs < this.#leaseMs).map(([name]) => name);
    return { readers: readers.toSorted(), tolerated: tolerated.toSorted() };
  }

  /** When the session changed last, by our own clock; one seen first counts as changed. */
  #toldAtMs({ node, id, seq }: SessionValue, nowMs: number): number {
    const seen = this.#sessions.get(node);
    if (seen?.id === id && seen.seq === seq) return seen.changedAtMs;
    this.#sessions.set(node, { id, seq, changedAtMs: nowMs });
    return nowMs;
  }
}

function canBeRead(session: SessionValue, group: string): boolean {
  const report = session.members[group];
  return report?.state === "standby" && report.streaming && report.health !== "down";
}
