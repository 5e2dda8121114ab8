import { commitRule, type Copy } from "../../src/core/commit-rule.ts";
import type { GroupRecord, Sealed } from "../../src/core/record.ts";
import { UNSEEN, type Follower, type ServiceLook } from "../../src/core/service-look.ts";
import type { MemberReport } from "../../src/core/session.ts";
import { timingOf } from "../../src/core/timing.ts";
import type { Settings, View } from "../../src/core/view.ts";

/** The copy of a member as the samples know it. */
export function copy(member: string, incarnation = `${member}1`): Copy {
  return { member, incarnation };
}

/** A seal of a member at an offset of term 1. */
export function sealedAt(member: string, offset: number, term = 1): Sealed {
  return { incarnation: `${member}1`, position: { term, offset } };
}

export const SETTINGS: Settings = {
  group: "main",
  hasData: true,
  members: [
    { member: "a", priority: 100 },
    { member: "b", priority: 100 },
    { member: "c", priority: 100 },
  ],
  durability: { lossless: "strict", need: 1, of: ["a", "b", "c"] },
  drainMs: 300,
  timing: timingOf(2000),
};

/** A group that a serves in term 1, with one of b and c to acknowledge. */
export const RECORD: GroupRecord = {
  format: 1,
  group: "main",
  term: 1,
  rev: 10,
  primary: "a",
  session: "session-a",
  last: copy("a"),
  members: ["a", "b", "c"],
  commit: [commitRule(1, [copy("b"), copy("c")])],
  sealed: {},
  open: true,
  forks: [{ term: 1, offset: 0 }],
  dataId: "data",
  paused: null,
  switchover: null,
  acceptedLoss: null,
  reinit: {},
  because: "",
};

/** A standby of a that streams. */
export const STANDBY: ServiceLook = {
  ...UNSEEN,
  state: "standby",
  incarnation: "b1",
  dataId: "data",
  forks: RECORD.forks,
  offset: 1000,
  receiving: { from: "a", term: 1, streaming: true },
};

/** A standby that has stopped receiving at 1000. */
export const STOPPED_RECEIVING: ServiceLook = { ...STANDBY, receiving: null, position: { term: 1, offset: 1000 } };

/** The primary of term 1 with its standbys in the stream. */
export const PRIMARY: ServiceLook = {
  ...UNSEEN,
  state: "primary",
  incarnation: "a1",
  dataId: "data",
  forks: RECORD.forks,
  offset: 1000,
  term: 1,
  firstOffset: 100,
  rule: commitRule(1, [copy("b"), copy("c")]),
  followers: [follower("b"), follower("c")],
};

export function follower(member: string, change: Partial<Follower> = {}): Follower {
  return { ...copy(member), term: 1, offset: 1000, streaming: true, ...change };
}

/** What b sees while all is well; `change` says what differs. */
export function viewOfB(change: Partial<View> = {}): View {
  return {
    nowMs: 100_000,
    me: "b",
    session: "session-b",
    leaseEndsAtMs: 101_000,
    settings: SETTINGS,
    record: RECORD,
    fresh: true,
    recordSinceMs: 50_000,
    unsettled: false,
    sent: [],
    storeDoubt: null,
    holder: { revision: 7, sinceMs: 99_900, readAtMs: 100_000 },
    peers: {},
    heard: {},
    promise: null,
    alarm: null,
    probe: null,
    service: STANDBY,
    stateSinceMs: 50_000,
    streamDownSinceMs: null,
    streamMovedAtMs: 50_000,
    absentSinceMs: {},
    work: null,
    done: null,
    failure: null,
    guard: { state: "idle" },
    health: "up",
    sealsInVain: 0,
    leaving: false,
    ...change,
  };
}

/** What a, the primary, sees while all is well. */
export function viewOfA(change: Partial<View> = {}): View {
  return viewOfB({
    me: "a",
    session: "session-a",
    holder: null,
    service: PRIMARY,
    guard: { state: "armed", untilMs: 101_000 },
    ...change,
  });
}

/** The stream from a has ended and its host answered that nothing listens. */
export const LOST_A: Partial<View> = {
  streamDownSinceMs: 99_990,
  probe: { member: "a", result: "refused", atMs: 99_995, failures: 1, failingSinceMs: 99_995 },
};

export function report(change: Partial<MemberReport> = {}): MemberReport {
  return {
    state: "standby",
    health: "up",
    incarnation: "b1",
    offset: 1000,
    streaming: true,
    work: null,
    problem: null,
    guard: "process idle",
    ...change,
  };
}
