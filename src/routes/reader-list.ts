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
    const alive = sessions.filter((session) => session !== null && this.#isAlive(session, nowMs)) as SessionValue[];
    const readers = alive
      .filter((session) => session.node !== primary && canBeRead(session, group))
      .map(({ node }) => node)
      .toSorted();
    for (const member of readers) this.#readableAtMs.set(member, nowMs);
    if (primary !== null) this.#readableAtMs.delete(primary);
    const tolerated = [...this.#readableAtMs].filter(([, atMs]) => nowMs - atMs < this.#leaseMs).map(([name]) => name);
    return { readers, tolerated: tolerated.toSorted() };
  }

  /** Whether the session has changed within the lease, by our own clock; one seen first counts as changed. */
  #isAlive({ node, id, seq }: SessionValue, nowMs: number): boolean {
    const seen = this.#sessions.get(node);
    if (seen?.id === id && seen.seq === seq) return nowMs - seen.changedAtMs < this.#leaseMs;
    this.#sessions.set(node, { id, seq, changedAtMs: nowMs });
    return true;
  }
}

function canBeRead(session: SessionValue, group: string): boolean {
  const report = session.members[group];
  return report?.state === "standby" && report.streaming && report.health !== "down";
}
