import { currentOf, needOf } from "./compact.ts";
import { NONE, type Member, type State } from "./state.ts";

/**
 * Notes what has been acknowledged and what a reader may see by now. Both happen as early as they can: that only
 * makes more of it, so nothing is missed.
 */
export function withAcknowledgements(state: State, isLossless: boolean): State {
  let { acked, visible, opened, broken } = state;
  const { members, record } = state;
  if (record.open) opened |= 1 << record.term;
  members.forEach((m, i) => {
    if (m.service !== "primary" || m.first === 0) return;
    const length = acknowledgedLength(members, i);
    if (length >= m.first) {
      const log = m.log.slice(0, length);
      if (isLossless && !log.startsWith(acked) && !acked.startsWith(log))
        broken = "two histories that exclude each other were acknowledged";
      if (log.length > acked.length) acked = log;
    }
  });
  const holder = members[record.primary];
  if (record.open && holder?.service === "primary" && holder.term === record.term) {
    const inherited = holder.log.slice(0, (holder.forks.charCodeAt(holder.forks.length - 1) || 0) & 15);
    if (inherited.length > visible.length) visible = inherited;
  }
  if (acked === state.acked && visible === state.visible && opened === state.opened && broken === state.broken)
    return state;
  return { ...state, acked, visible, opened, broken };
}

/** How far what primary `i` has written is acknowledged under the rules that are, or may be, in force. */
function acknowledgedLength(members: readonly Member[], i: number): number {
  const m = members[i] as Member;
  const under = (rule: number): number => {
    if (rule === NONE) return 0;
    if (needOf(rule) === 0) return m.log.length;
    return (
      attached(members, i, rule)
        .map((k) => Math.min(members[k]?.log.length ?? 0, m.log.length))
        .sort((a, b) => b - a)[needOf(rule) - 1] ?? 0
    );
  };
  return Math.max(under(m.rule), under(m.nextRule));
}

/** The members of `rule` whose acknowledgements reach primary `i` and count there. */
function attached(members: readonly Member[], i: number, rule: number): readonly number[] {
  const term = members[i]?.term;
  return members
    .map((_, k) => k)
    .filter((k) => ((currentOf(rule) >> k) & 1) === 1 && isFedBy(members, k, i) && members[k]?.fromTerm === term);
}

/** Whether a stream from `i` to `k` can stand: no service supplies a standby whose data is not the beginning of its own. */
export function isFedBy(members: readonly Member[], k: number, i: number): boolean {
  const [source, m] = [members[i] as Member, members[k] as Member];
  if (m.service !== "standby" || m.from !== i) return false;
  const supplies = source.service === "primary" || source.service === "standby" || source.service === "stopping";
  return supplies && (source.log.startsWith(m.log) || m.log.startsWith(source.log));
}

/** Whether primary `i` could have something acknowledged from now on. */
export function canAcknowledge(members: readonly Member[], i: number): boolean {
  const m = members[i] as Member;
  if (m.service !== "primary") return false;
  return [m.rule, m.nextRule].some((rule) => rule !== NONE && attached(members, i, rule).length >= needOf(rule));
}
