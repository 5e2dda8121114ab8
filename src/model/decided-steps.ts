import type { Choice } from "./choices.ts";
import { mayStill, type Emit, type Model } from "./moves.ts";
import { NONE, spend, withMember, type Member, type Rec, type State, type Work } from "./state.ts";

/** What the agents decide, and what becomes of it: the core's rules, and a store whose answers may get lost. */
export function decidedSteps(model: Model, state: State, emit: Emit): void {
  const isOver = isHolderOver(model, state);
  state.members.forEach((m, i) => {
    for (const choice of model.choices.of(state, i, isOver && m.seen === null)) act(model, state, i, choice, emit);
  });
}

/**
 * Whether others may have found the holder's session expired by now: its lease is over, and so whatever ends its service
 * at the end of the lease has done so. That the times are such is what the model of the lease shows. Where the guard
 * is lost, its agent is relied upon to have acted.
 */
function isHolderOver(model: Model, state: State): boolean {
  const { record, members } = state;
  const holder = members[record.primary];
  if (holder === undefined || (record.live && !holder.lapsed)) return false;
  if (holder.guard === "armed" || holder.guard === "carried" || holder.guard === "due") return false;
  if (holder.guard !== "lost") return true;
  return holder.work === null && model.choices.of(state, record.primary, false).length === 0;
}

/** Does one decision's effects in their order. */
function act(model: Model, before: State, i: number, choice: Choice, emit: Emit): void {
  const { rule, because, write, work } = choice;
  let state = before;
  if (choice.arm) state = withMember(state, i, { guard: "armed" });
  if (work !== null) return emit(starting(state, i, work), i, rule, because);
  if (write === null) return emit(choice.disarm ? withMember(state, i, { guard: "idle" }) : state, i, rule, because);
  if (state.members[i]?.seen !== null || write.term > model.bounds.terms) return;
  const spending =
    rule === "change-rule" || rule === "go-on-alone" ? "ruleChanges" : rule === "switchover-drain" ? null : null;
  if (spending !== null) {
    if (!mayStill(model, state, spending)) return;
    state = spend(state, spending);
  }
  const applied = withRecord({ ...state, broken: choice.broken }, write);
  const settled = withMember(applied, i, { unsettled: false, ...(choice.disarm ? { guard: "idle" } : {}) });
  emit(settled, i, rule, because);
  if (!mayStill(model, state, "lost") || state.late !== null) return;
  const spent = withMember(spend(state, "lost"), i, { unsettled: true });
  emit({ ...spent, late: { by: i, rec: write } }, i, rule, `${because} (no answer; it may be applied later)`);
  const unheard = withRecord({ ...spent, broken: choice.broken }, write);
  emit(unheard, i, rule, `${because} (applied, but the answer gets lost)`);
}

/** A change of the record: whatever else was compared with the record of before can no longer be applied. */
export function withRecord(state: State, record: Rec): State {
  return { ...state, record, late: null };
}

/** Long work begins; ending a service takes the place of what is under way. A rule that is being put in force may count at once. */
function starting(state: State, i: number, work: Work): State {
  const m = state.members[i] as Member;
  if (work.do === "promote" && (state.record.primary !== i || state.record.term !== work.term))
    return {
      ...withMember(state, i, { work }),
      broken: "a member begins to promote itself in a term that is not its own",
    };
  const changes = work.do === "set-rule" && m.service === "primary" && m.rule !== work.rule;
  return withMember(state, i, { work, nextRule: changes ? work.rule : work.do === "set-rule" ? NONE : m.nextRule });
}
