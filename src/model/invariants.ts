import { canAcknowledge } from "./acknowledge.ts";
import { currentOf, needOf, sizeOf } from "./compact.ts";
import type { Bounds } from "./space.ts";
import { NONE, type Member, type State } from "./state.ts";

/**
 * What must hold in every state, as a person would put it; `null`: it does. `early` also checks what the rules keep so
 * that the promises hold; without it only a broken promise counts.
 */
export function violationOf(bounds: Bounds, state: State, early: boolean): string | null {
  if (state.broken !== null) return state.broken;
  return (
    twoPrimaries(state) ?? (bounds.lossless === "off" ? null : lost(state)) ?? (early ? weakened(bounds, state) : null)
  );
}

function twoPrimaries({ members, record }: State): string | null {
  for (const [i, m] of members.entries()) {
    if (m.service !== "primary") continue;
    const isLegal = record.primary === i && record.term === m.term;
    if (!isLegal && canAcknowledge(members, i)) return "a member that does not hold the term can acknowledge writes";
    if (members.some((other, k) => k > i && other.service === "primary" && other.term === m.term))
      return "two members are primary of the same term";
  }
  return null;
}

function lost({ members, record, acked, visible }: State): string | null {
  const holder = members[record.primary];
  if (holder?.service === "primary" && holder.term === record.term) {
    if (!holder.log.startsWith(acked)) return "an acknowledged write is missing on the primary of the recorded term";
    if (!holder.log.startsWith(visible))
      return "a write that a reader saw is missing on the primary of the recorded term";
  }
  const copies = members.filter((m) => m.service !== "partial" && m.log.startsWith(acked)).length;
  return copies === 0 ? "the last copy of an acknowledged write was destroyed" : null;
}

/**
 * The record's rules are those under which writes are acknowledged, and one of them covers what has been: whatever
 * set of seals meets it, one of them holds all that.
 */
function weakened({ lossless }: Bounds, { members, record, acked }: State): string | null {
  const holder = members[record.primary];
  if (holder?.service === "primary" && holder.term === record.term) {
    const unknown = [holder.rule, holder.nextRule].find((rule) => rule !== NONE && !record.commit.includes(rule));
    if (unknown !== undefined) return "a commit rule is in force that the record does not know";
  }
  if (lossless === "off") return null;
  const holds = (m: Member): boolean => m.service !== "partial" && m.log.startsWith(acked);
  const isCovered = record.commit.some((rule) => {
    const [need, current] = [needOf(rule), currentOf(rule)];
    const lacking = members.filter((m, i) => ((current >> i) & 1) === 1 && !holds(m)).length;
    return need === 0 || lacking <= sizeOf(rule) - need;
  });
  if (!isCovered) return "no commit rule of the record covers what was acknowledged";
  const copies = members.filter(holds).length;
  const isEnough = !record.open || copies >= 1 + Math.min(...record.commit.map(needOf));
  return isEnough ? null : "an acknowledged write is on fewer copies than every commit rule asks for";
}
