import { formatBytes } from "../../lib/units.ts";
import { parseStandbyName } from "./standby-name.ts";
import type { Place } from "./instance.ts";
import type { Sender, ServerState } from "./server-state.ts";

/** A standby that is supplied has acknowledged something by then, on any disk that is fit for it. */
const STILL_MS = 3000;

/** From when on a standby has acknowledged nothing more, and up to where. */
interface Stand {
  readonly offset: number | null;
  readonly sinceMs: number;
}

/**
 * Notices standbys that are connected, lack something and acknowledge nothing. A path that loses long packets without a word looks like
 * that: heartbeats, questions and the standby's own reports are short, so everything else seems well.
 */
export class StillFollowers {
  readonly #stands = new Map<string, Stand>();

  /** What is wrong with the standbys of a primary, and what to do; `null`: nothing. */
  observe(place: Place, { senders, flushOffset }: ServerState, nowMs: number): string | null {
    const members = new Map(senders.flatMap((sender) => named(sender)));
    for (const member of this.#stands.keys()) if (!members.has(member)) this.#stands.delete(member);
    const still = [...members].filter(([member, { flushOffset: has }]) => {
      const before = this.#stands.get(member);
      const stands = before !== undefined && before.offset === has && has !== flushOffset;
      if (!stands) this.#stands.set(member, { offset: has, sinceMs: nowMs });
      return stands && nowMs - before.sinceMs >= STILL_MS;
    });
    const [first] = still;
    if (first === undefined) return null;
    return problem(place, first[0], (flushOffset ?? 0) - (first[1].flushOffset ?? 0));
  }
}

function named(sender: Sender): readonly (readonly [string, Sender])[] {
  const copy = parseStandbyName(sender.name);
  return copy === null || sender.state === "backup" ? [] : [[copy.member, sender]];
}

function problem({ members }: Place, member: string, lacksBytes: number): string {
  const host = members[member]?.host ?? member;
  return (
    `"${member}" is connected, lacks ${formatBytes(lacksBytes)} and has acknowledged nothing for ${STILL_MS / 1000} s: either its disk stands still, or long ` +
    `packets to it get lost. Try: ping -c 3 -M do -s 1472 ${host}; if that brings no answer where a short one does, the path is narrower than its ends ` +
    `believe: lower their MTU, or set net.ipv4.tcp_mtu_probing=1 on both.`
  );
}
