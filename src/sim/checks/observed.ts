import type { GroupRecord } from "../../core/record.ts";
import type { Entry } from "../../store/store.ts";
import type { MakeCheck } from "./check.ts";

/** What a node has seen of the session that the record names: which value, from when on, and until when. */
interface Sight {
  readonly of: string;
  readonly sinceMs: number;
  readonly untilMs: number;
}

/** Rule 4. */
export const observed: MakeCheck = (world) => {
  const sights = new Map<string, Sight>();
  const { leaseMs, marginMs } = world.settings.timing;
  const isLong = ({ sinceMs, untilMs }: Sight): boolean => untilMs - sinceMs >= leaseMs + marginMs;
  return {
    proves:
      "who takes from a primary that can still acknowledge has seen its session unchanged for a lease and a margin, in reads with no gap over a third of the lease",
    heard(node, entries, sentAtMs, nowMs) {
      const of = seenIn(entries);
      if (of === null) return;
      const before = sights.get(node);
      // What was seen for long enough stays seen while the value is the same, which the take compares.
      if (before?.of === of && isLong(before)) return;
      const goesOn = before?.of === of && sentAtMs - before.untilMs <= leaseMs / 3;
      sights.set(node, { of, sinceMs: goesOn ? before.sinceMs : nowMs, untilMs: sentAtMs });
    },
    recordChanged(before, after) {
      if (before?.primary == null || after === null || after.primary === null || after.term === before.term) return;
      if (isSealedOff(before)) return;
      const sight = sights.get(after.primary);
      const [session] = world.store.data.read([`session/${before.primary}`]);
      const isSame = session !== undefined && sight?.of === valueOf(before.primary, before.session, session);
      const forMs = isSame ? sight.untilMs - sight.sinceMs : 0;
      if (forMs < leaseMs + marginMs)
        world.violated(
          this,
          `"${after.primary}" took term ${after.term} after it had observed the session of "${before.primary}" for ${Math.round(forMs)} ms`,
        );
    },
  };
};

/** The holder, its session as the record has it, and which value of it is there; `null`: the record names nobody. */
function seenIn(entries: readonly Entry[]): string | null {
  const [first] = entries;
  if (first?.key !== "group/main" || first.value === null) return null;
  const { primary, session } = parsed(first);
  const key = entries.find((entry) => entry.key === `session/${primary}`);
  if (primary == null || key === undefined) return null;
  return valueOf(primary, session ?? null, key);
}

function valueOf(primary: string, session: string | null, key: Entry): string {
  const isIt = key.value !== null && parsed(key).id === session;
  return `${primary} ${session} ${isIt ? key.revision : "replaced"}`;
}

/** A record, or a session. */
interface Known extends Partial<Pick<GroupRecord, "primary" | "session">> {
  readonly id?: string;
}

const known = new WeakMap<Entry, Known>();

/** Each value is read many times. */
function parsed(entry: Entry): Known {
  const before = known.get(entry);
  if (before !== undefined) return before;
  const { primary = null, session = null, id = "" } = JSON.parse(entry.value ?? "{}") as Known;
  known.set(entry, { primary, session, id });
  return { primary, session, id };
}

/** Whether so many have sealed that nothing can be acknowledged any more, whatever the old primary does. */
function isSealedOff({ commit, sealed }: GroupRecord): boolean {
  return commit.every(({ need, of }) => {
    const met = of.filter(({ member, incarnation }) => sealed[member]?.incarnation === incarnation).length;
    return need > 0 && met >= of.length - need + 1;
  });
}
