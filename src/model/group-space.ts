import { founded } from "../core/record.ts";
import { withAcknowledgements } from "./acknowledge.ts";
import { Choices } from "./choices.ts";
import { namesFor, packForks, packRecord, ruleNumber } from "./compact.ts";
import { decidedSteps } from "./decided-steps.ts";
import type { Space } from "./explore.ts";
import { violationOf } from "./invariants.ts";
import { canonicalKey } from "./canonical-key.ts";
import { stateOf } from "./read-key.ts";
import type { Model } from "./moves.ts";
import type { Bounds } from "./space.ts";
import { NONE, SPENDINGS, type Member, type Rec, type Spending, type State } from "./state.ts";
import { workSteps } from "./work-steps.ts";
import { worldSteps } from "./world-steps.ts";

/** All that can happen to one group within `bounds`. `early`: see `violationOf`. */
export function groupSpace(bounds: Bounds, early: boolean): { readonly space: Space<State>; readonly model: Model } {
  const model: Model = { bounds, choices: new Choices(bounds) };
  const isLossless = bounds.lossless !== "off";
  const space: Space<State> = {
    start: withAcknowledgements(bounds.founding === true ? foundedGroup(bounds) : servingGroup(bounds), isLossless),
    key: canonicalKey,
    stateOf: (key) => stateOf(key, bounds.members),
    next: (state, emit) => {
      const emitAll = (after: State, who: number, what: string, because: string): void =>
        emit(withAcknowledgements(after, isLossless), who, what, because);
      decidedSteps(model, state, emitAll);
      workSteps(state, emitAll);
      worldSteps(model, state, emitAll);
    },
    violationOf: (state) => violationOf(bounds, state, early) ?? leftRunning(model, state),
  };
  return { space, model };
}

/** Rule 3 as an invariant: whoever runs as primary and sees that the record does not name it does something about it. */
function leftRunning({ choices }: Model, state: State): string | null {
  const { members, record } = state;
  const idle = members.findIndex(
    (m, i) =>
      m.service === "primary" &&
      (record.primary !== i || record.term !== m.term) &&
      m.seen === null &&
      m.work === null &&
      choices.of(state, i, false).length === 0,
  );
  return idle === NONE ? null : "a primary that has lost the term is left running";
}

const FORKS = packForks([{ term: 1, offset: 0 }]);
const FIRST = String.fromCharCode(1);

const STANDBY: Member = {
  service: "standby",
  log: FIRST,
  forks: FORKS,
  from: 0,
  fromTerm: 1,
  term: 0,
  rule: NONE,
  nextRule: NONE,
  ruleOffset: 0,
  first: 0,
  clean: false,
  lapsed: false,
  unsettled: false,
  guard: "idle",
  work: null,
  seen: null,
};

const NOTHING_SPENT = Object.fromEntries(SPENDINGS.map((what) => [what, 0])) as Record<Spending, number>;

/** The first member serves in term 1 and all others are in its stream. */
function servingGroup({ members: count, need, lossless }: Bounds): State {
  const all = (1 << count) - 1;
  const rule = lossless === "off" ? ruleNumber(0, 0) : ruleNumber(need, all & ~1);
  const primary: Member = {
    ...STANDBY,
    service: "primary",
    from: NONE,
    fromTerm: 0,
    term: 1,
    rule,
    first: 1,
    guard: "armed",
  };
  const record: Rec = {
    term: 1,
    primary: 0,
    live: true,
    last: 0,
    lastStale: false,
    commit: [rule],
    sealed: Array.from({ length: count }, () => 0),
    open: true,
    forks: FORKS,
    switchover: 0,
    reinit: 0,
    reinitDone: 0,
  };
  const members = Array.from({ length: count }, (_, i) => (i === 0 ? primary : STANDBY));
  return { members, record, late: null, acked: "", visible: "", opened: 0, spent: NOTHING_SPENT, broken: null };
}

/** The first member has data that it has just founded a group with; the others have nothing. */
function foundedGroup({ members: count }: Bounds): State {
  const names = namesFor(0, count);
  const all = Array.from({ length: count }, (_, i) => names.of(i));
  const founder = { member: names.of(0), incarnation: `${names.of(0)}.now` };
  const record = founded("main", all, founder, { term: 0, offset: 0 }, [], "data", "");
  const empty: Member = { ...STANDBY, service: "partial", log: "", forks: "", from: NONE, fromTerm: 0 };
  const members = Array.from({ length: count }, (_, i) =>
    i === 0 ? { ...empty, service: "standby" as const } : empty,
  );
  const rec = packRecord(record, names, count);
  return { members, record: rec, late: null, acked: "", visible: "", opened: 0, spent: NOTHING_SPENT, broken: null };
}
