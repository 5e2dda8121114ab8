import { currentOf, isSealStale, needOf, ruleNumber, staleOf } from "./compact.ts";
import { NONE, type Member, type Rec, type State } from "./state.ts";

/**
 * Member `x`'s data is made anew, as another incarnation: whoever names its copy names one that no longer exists.
 * Which earlier incarnation that was makes no difference.
 */
export function withoutCopy(state: State, x: number): State {
  const { record, late } = state;
  const isCounted = record.open && ((currentOf(record.commit.at(-1) ?? 0) >> x) & 1) === 1;
  const seal = record.sealed[x] ?? 0;
  const isSealed = seal !== 0 && !isSealStale(seal);
  return {
    ...state,
    members: state.members.map((m) => memberWithout(m, x)),
    record: recordWithout(record, x),
    late: late && { ...late, rec: recordWithout(late.rec, x) },
    broken:
      isCounted || isSealed
        ? "a copy is replaced although its seal, or the rule of the open term, counts on it"
        : state.broken,
  };
}

function memberWithout(m: Member, x: number): Member {
  return {
    ...m,
    rule: ruleWithout(m.rule, x),
    nextRule: ruleWithout(m.nextRule, x),
    work: m.work && { ...m.work, rule: ruleWithout(m.work.rule, x) },
    seen: m.seen && recordWithout(m.seen, x),
  };
}

function ruleWithout(rule: number, x: number): number {
  if (rule === NONE) return NONE;
  const bit = 1 << x;
  if ((currentOf(rule) & bit) === 0) return rule;
  return ruleNumber(needOf(rule), currentOf(rule) & ~bit, staleOf(rule) | bit);
}

function recordWithout(rec: Rec, x: number): Rec {
  const bit = 1 << x;
  const stale = (seal: number): number => (seal === 0 || isSealStale(seal) ? seal : seal + 1);
  const isAsked = (rec.reinit & bit) !== 0;
  return {
    ...rec,
    lastStale: rec.lastStale || rec.last === x,
    commit: rec.commit.map((rule) => ruleWithout(rule, x)),
    sealed: rec.sealed.map((seal, i) => (i === x ? stale(seal) : seal)),
    reinit: rec.reinit & ~bit,
    reinitDone: isAsked ? rec.reinitDone | bit : rec.reinitDone,
  };
}
