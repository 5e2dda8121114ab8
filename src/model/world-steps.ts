import { operate, type Request } from "../core/operations.ts";
import type { MemberReport } from "../core/session.ts";
import { isFedBy } from "./acknowledge.ts";
import { withoutCopy } from "./copies.ts";
import { namesFor, packForks, packRecord, unpackForks, unpackRecord } from "./compact.ts";
import { withRecord } from "./decided-steps.ts";
import { mayStill, type Emit, type Model } from "./moves.ts";
import { NONE, spend, withMember, type Member, type State } from "./state.ts";
import { ENDED } from "./work-steps.ts";

/** What happens by itself, or to the group: replication, clients, operators, time, and faults. */
export function worldSteps(model: Model, state: State, emit: Emit): void {
  state.members.forEach((m, i) => {
    replication(state, i, m, emit);
    clientWrite(model, state, i, m, emit);
    passingTime(model, state, i, m, emit);
    faults(model, state, i, m, emit);
    storeFaults(model, state, i, m, emit);
  });
  if (state.late !== null)
    emit(withRecord(state, state.late.rec), state.late.by, "a late change is applied", "its answer had got lost");
  operators(model, state, emit);
}

/** A standby receives one entry more from whoever it receives from, primary or not. */
function replication(state: State, i: number, m: Member, emit: Emit): void {
  if (m.from === NONE || !isFedBy(state.members, i, m.from)) return;
  const source = state.members[m.from] as Member;
  if (source.log.length <= m.log.length) return;
  const log = source.log.slice(0, m.log.length + 1);
  emit(withMember(state, i, { log, forks: withLateFork(m.forks, log) }), i, "receives an entry", "");
}

/** A term that it was not told of, because its source has gone on into the next one: the driver finds it in the data. */
function withLateFork(forks: string, log: string): string {
  const term = log.charCodeAt(log.length - 1);
  const last = unpackForks(forks).at(-1);
  if (last === undefined || term <= last.term) return forks;
  return forks + packForks([{ term, offset: log.length - 1 }]);
}

/** Only clients that were let in: the term is, or has been, open. */
function clientWrite(model: Model, state: State, i: number, m: Member, emit: Emit): void {
  if (m.service !== "primary" || ((state.opened >> m.term) & 1) === 0 || !mayStill(model, state, "writes")) return;
  const log = m.log + String.fromCharCode(m.term);
  emit(withMember(spend(state, "writes"), i, { log }), i, "a client writes", `into term ${m.term}`);
}

/** Leases end, guards act, new sessions begin. */
function passingTime(model: Model, state: State, i: number, m: Member, emit: Emit): void {
  const holds = state.record.primary === i || m.service === "primary";
  if (!m.lapsed && holds && mayStill(model, state, "lapses")) {
    const guard = m.guard === "armed" || m.guard === "carried" ? "due" : m.guard;
    emit(
      withMember(spend(state, "lapses"), i, { lapsed: true, guard }),
      i,
      "its lease ends",
      "no renewal came through in time",
    );
  }
  if (m.guard === "carried") emit(withMember(state, i, { guard: "due" }), i, "its former lease ends", "");
  if (m.guard === "due") {
    const runs = m.service !== "stopped" && m.service !== "partial";
    const change: Partial<Member> = { guard: "fired", ...(runs ? { ...ENDED, work: null } : {}) };
    emit(withMember(state, i, change), i, "its guard fires", "the lease was not renewed in time");
  }
  if (m.lapsed)
    emit(
      withMember(withNewSession(state, i), i, { lapsed: false }),
      i,
      "a new session begins",
      "the old one had lapsed",
    );
}

/** The record, and what may still become it, name a session that is not member `i`'s any more. */
function withNewSession(state: State, i: number): State {
  const { record, late } = state;
  const after = record.primary === i ? { ...record, live: false } : record;
  return {
    ...state,
    record: after,
    late: late !== null && late.rec.primary === i ? { ...late, rec: { ...late.rec, live: false } } : late,
    members: state.members.map((m) => (m.seen?.primary === i ? { ...m, seen: { ...m.seen, live: false } } : m)),
  };
}

function faults(model: Model, state: State, i: number, m: Member, emit: Emit): void {
  const runs = m.service === "standby" || m.service === "primary" || m.service === "stopping";
  if (runs && mayStill(model, state, "crashes")) {
    const after = withMember(brokenOff(spend(state, "crashes"), i), i, ENDED);
    emit(after, i, "its service crashes", "");
    if (m.work?.do === "promote" && m.service === "standby")
      emit(
        withMember(spend(state, "crashes"), i, { forks: m.work.forks, work: null }),
        i,
        "its promotion fails",
        "after its history was written",
      );
  }
  if (mayStill(model, state, "restarts")) {
    const guard = m.guard === "armed" ? "carried" : m.guard;
    const after = withNewSession(brokenOff(spend(state, "restarts"), i), i);
    emit(withMember(after, i, { unsettled: true, lapsed: false, seen: null, guard }), i, "its agent restarts", "");
  }
  if (m.guard === "armed" && mayStill(model, state, "lostGuards"))
    emit(withMember(spend(state, "lostGuards"), i, { guard: "lost" }), i, "its guard is lost", "");
}

/** Whatever work was under way is over; a rewind that is not finished leaves data that cannot be used. */
function brokenOff(state: State, i: number): State {
  const work = state.members[i]?.work ?? null;
  if (work?.do !== "rewind") return withMember(state, i, { work: null });
  return withMember(withoutCopy(state, i), i, { ...ENDED, service: "partial", log: "", forks: "", work: null });
}

/** A member that does not reach the store goes by what it read last. */
function storeFaults(model: Model, state: State, i: number, m: Member, emit: Emit): void {
  if (m.seen === null && mayStill(model, state, "cuts"))
    emit(withMember(spend(state, "cuts"), i, { seen: state.record }), i, "is cut off from the store", "");
  if (m.seen !== null) emit(withMember(state, i, { seen: null }), i, "reaches the store again", "");
}

const STANDBY_REPORT: MemberReport = {
  state: "standby",
  health: "up",
  incarnation: null,
  offset: null,
  streaming: true,
  work: null,
  problem: null,
  guard: "",
};

/** What operators may ask for, by the core's own conditions. */
function operators(model: Model, state: State, emit: Emit): void {
  if (mayStill(model, state, "switchovers")) ask(model, state, { do: "switchover", to: null }, "switchovers", emit);
  if (!mayStill(model, state, "reinits")) return;
  state.members.forEach((m, i) => {
    const member = namesFor(0, model.bounds.members).of(i);
    if (m.service !== "partial") ask(model, state, { do: "reinit", member }, "reinits", emit);
  });
}

function ask(model: Model, state: State, request: Request, what: "switchovers" | "reinits", emit: Emit): void {
  const names = namesFor(0, model.bounds.members);
  const reports = Object.fromEntries(
    state.members.map((_, i) => [names.of(i), { ...STANDBY_REPORT, incarnation: `${names.of(i)}.now` }]),
  );
  const asked = { by: "an operator", because: "", id: "", at: "" };
  const answer = operate(unpackRecord(state.record, names, model.bounds.members), request, asked, reports, []);
  if (answer.outcome !== "accepted") return;
  const rec = packRecord(answer.record, names, model.bounds.members);
  emit(withRecord(spend(state, what), rec), NONE, `an operator asks for ${request.do}`, answer.text);
}
