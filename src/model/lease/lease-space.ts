import { writeIfHolderUnchanged } from "../../core/decision.ts";
import { isExpired, watchSession, type SessionWatch } from "../../core/expiry.ts";
import { leaseEndMs, mayRenew, prolonged } from "../../core/lease.ts";
import type { GroupRecord } from "../../core/record.ts";
import type { Timing } from "../../core/timing.ts";
import type { Space, Step } from "../explore.ts";
import { renewalApplies } from "./holder.ts";

/**
 * A take by expiry in discrete time: a holds the term and renews its session, b watches that and takes when it finds it
 * expired. One tick is a tenth of the lease, which is the margin. Whoever ends a's service when its lease ends takes less
 * than a tick; b's reads are answered within one, or do not count (`RecordReader`). Each reckons by its own clock, and b's
 * is the faster one: it gains a tick while b observes the session for a lease and a margin.
 */
export interface LeaseState {
  /** By a's clock. */
  readonly now: number;
  /** By b's, and whether it has gained a tick in this observation. */
  readonly bNow: number;
  readonly gained: boolean;
  /** The revision of a's session key, and whom the record names. */
  readonly revision: number;
  readonly holder: "a" | "b";
  readonly endsAt: number;
  readonly serves: boolean;
  readonly renewal: { readonly sentAt: number; readonly outcome: "under way" | "applied" | "refused" } | null;
  readonly readSentAt: number | null;
  readonly watch: SessionWatch | null;
}

/** The relations of `timingOf`, in ticks. */
const TIMING: Timing = {
  leaseMs: 10,
  marginMs: 1,
  renewMs: 3,
  beatMs: 1,
  hungMs: 1,
  probeMs: 1,
  patienceMs: 1,
  leaveMs: 1,
  unsealMs: 1,
  gatherMs: 1,
  heartbeatMs: 1,
  lateMs: 1,
  lastLookMs: 1,
  askMs: 1,
};
const READ_TICKS = 2;
const STOP_TICKS = 1;

/** Whether a take by expiry compares the session's key, as the core writes it. */
const COMPARES_KEY = ((): boolean => {
  const effect = writeIfHolderUnchanged({} as GroupRecord, "taken");
  return effect.effect === "write" && effect.andHolder;
})();

const START: LeaseState = {
  now: 0,
  bNow: 0,
  gained: false,
  revision: 1,
  holder: "a",
  endsAt: leaseEndMs(0, TIMING),
  serves: true,
  renewal: null,
  readSentAt: null,
  watch: null,
};

type Emit = (after: LeaseState, who: number, what: string, because: string) => void;

/** All that can happen to the two, for as long as one likes: only what lies behind each instant is told apart. */
export function leaseSpace(): Space<LeaseState> {
  return {
    start: START,
    key: (state) => JSON.stringify(asOfNow(state)),
    stateOf: (key) => JSON.parse(key) as LeaseState,
    next: (state, emit) => {
      timePasses(state, emit);
      holderSteps(state, emit);
      observerSteps(state, emit);
    },
    violationOf: (state) => {
      if (state.holder === "a") return null;
      if (state.serves) return "b has taken, and a's service has not been ended";
      return state.now < state.endsAt ? "b has taken, and a may still act by its lease" : null;
    },
  };
}

/** The same state with the present as instant 0, and what is so long ago that it makes no difference made equal. */
function asOfNow(state: LeaseState): LeaseState {
  const { now, bNow, gained, revision, holder, endsAt, serves, renewal, readSentAt, watch } = state;
  const expiredAfter = TIMING.leaseMs + TIMING.marginMs;
  const readAt = watch === null ? 0 : Math.max(watch.readAtMs - bNow, -TIMING.leaseMs);
  const silent = watch === null ? 0 : Math.min(watch.readAtMs - watch.sinceMs, expiredAfter);
  return {
    now: 0,
    bNow: 0,
    gained,
    revision: 1,
    holder,
    endsAt: Math.max(endsAt - now, 0),
    serves,
    renewal: renewal && { ...renewal, sentAt: Math.max(renewal.sentAt - now, -TIMING.leaseMs) },
    readSentAt: readSentAt === null ? null : Math.max(readSentAt - bNow, -READ_TICKS - 1),
    watch: watch && { revision: watch.revision === revision ? 1 : 0, sinceMs: readAt - silent, readAtMs: readAt },
  };
}

const [A, B, NOBODY] = [0, 1, -1];

function timePasses(state: LeaseState, emit: Emit): void {
  const mustStop = state.serves && state.now + 1 >= state.endsAt + STOP_TICKS;
  const { now, bNow, gained } = state;
  if (!mustStop) emit({ ...state, now: now + 1, bNow: bNow + 1 }, NOBODY, "time passes", "");
  if (!gained) emit({ ...state, bNow: bNow + 1, gained: true }, B, "has a clock that gains a tick", "");
}

function holderSteps(state: LeaseState, emit: Emit): void {
  const { now, endsAt, renewal } = state;
  if (state.serves && now >= endsAt) emit({ ...state, serves: false }, A, "its service is ended", "its lease is over");
  if (renewal === null) {
    if (mayRenew(endsAt, now))
      emit({ ...state, renewal: { sentAt: now, outcome: "under way" } }, A, "sends a renewal", "");
    return;
  }
  if (renewal.outcome === "under way") {
    const applies = renewalApplies(state.holder === "a");
    const outcome = applies ? "applied" : "refused";
    const revision = state.revision + (applies ? 1 : 0);
    return emit(
      { ...state, revision, renewal: { ...renewal, outcome } },
      A,
      `its renewal is ${outcome}`,
      "by the store",
    );
  }
  const after = { ...state, renewal: null };
  if (renewal.outcome === "refused") return emit(after, A, "hears that its renewal was refused", "");
  const end = prolonged(endsAt, renewal.sentAt, TIMING);
  emit({ ...after, endsAt: end }, A, "hears that its renewal was applied", `it was sent at ${renewal.sentAt}`);
}

function observerSteps(state: LeaseState, emit: Emit): void {
  const { bNow: now, readSentAt, watch, revision } = state;
  if (readSentAt === null) emit({ ...state, readSentAt: now }, B, "sends a read", "");
  else if (now - readSentAt > READ_TICKS)
    emit({ ...state, readSentAt: null }, B, "gives up its read", "no answer in time");
  else {
    const seen = watchSession(watch, revision, readSentAt, now, TIMING);
    const gained = state.gained && seen.sinceMs === watch?.sinceMs;
    const after = { ...state, gained, readSentAt: null, watch: seen };
    emit(after, B, "reads the session", `at revision ${revision}`);
  }
  const found = watch !== null && isExpired(watch, TIMING);
  if (found && state.holder === "a" && (!COMPARES_KEY || watch.revision === revision))
    emit(
      { ...state, holder: "b" },
      B,
      "takes",
      `the session has not changed from ${watch.sinceMs} to ${watch.readAtMs}`,
    );
}

/** One line for each step but the passing of time. */
export function tellLease(trace: readonly Step<LeaseState>[]): readonly string[] {
  return trace
    .filter(({ who }) => who !== NOBODY)
    .map(({ who, what, because, after }) => {
      const told = `${who === A ? "a" : "b"} ${what}${because === "" ? "" : `: ${because}`}`;
      return `tick ${String(after.now).padStart(2)}  ${told.padEnd(62)}  record: ${after.holder}; a may act until ${after.endsAt}`;
    });
}
