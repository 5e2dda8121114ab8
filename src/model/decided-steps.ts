import type { Choice } from "./choices.ts";
import { mayStill, type Emit, type Model } from "./moves.ts";
import { spend, withMember, type Member, type Rec, type Spending, type State, type Work } from "./state.ts";

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

/** Decisions that the bounds count, so that they do not go on for ever. */
const COUNTED: Readonly<Record<string, Spending>> = {
  "change-rule": "ruleChanges",
  "go-on-alone": "ruleChanges",
  unhealthy: "stops",
};

/** Does one decision's effects in their order; without the store none that changes the record. */
function act(model: Model, before: State, i: number, choice: Choice, emit: Emit): void {
  const { rule, because, write, work } = choice;
  const spending = COUNTED[rule];
  if (spending !== undefined && !mayStill(model, before, spending)) return;
  const spent = spending === undefined ? before : spend(before, spending);
  const state = choice.arm ? withMember(spent, i, { guard: "armed" }) : spent;
  if (work !== null) return emit(starting(state, i, work), i, rule, because);
  if (write === null) return emit(afterwards(state, i, choice), i, rule, because);
  if (before.members[i]?.seen === null && write.term <= model.bounds.terms)
    writing(model, state, i, choice, write, emit);
}

/** The guard is disarmed last, when all before has succeeded. */
function afterwards(state: State, i: number, { disarm }: Choice): State {
  return disarm ? withMember(state, i, { guard: "idle" }) : state;
}

/** A compare-and-set of the record as read, whose answer comes, or gets lost: then nobody knows whether it was applied, or still will be. */
function writing(model: Model, state: State, i: number, choice: Choice, rec: Rec, emit: Emit): void {
  const { rule, because, broken } = choice;
  const applied = { ...withRecord(state, rec), broken };
  emit(afterwards(withMember(applied, i, { unsettled: false }), i, choice), i, rule, because);
  if (!mayStill(model, state, "lost") || state.late !== null) return;
  const unheard = withMember(spend(applied, "lost"), i, { unsettled: true });
  emit(unheard, i, rule, `${because} (applied, but the answer gets lost)`);
  const late = withMember(spend(state, "lost"), i, { unsettled: true });
  emit({ ...late, late: { by: i, rec } }, i, rule, `${because} (no answer; it may be applied later)`);
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
  return withMember(state, i, { work, nextRule: changes ? work.rule : m.nextRule });
}
