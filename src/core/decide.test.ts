import assert from "node:assert/strict";
import { test } from "node:test";
import { ALONE, commitRule } from "./commit-rule.ts";
import { decide, whileWriting } from "./decide.ts";
import type { Decision, Effect, RuleName } from "./decision.ts";
import type { Heard } from "./heard.ts";
import { UNSEEN } from "./service-look.ts";
import type { GroupRecord } from "./record.ts";
import type { View } from "./view.ts";
import {
  copy,
  follower,
  LOST_A,
  PRIMARY,
  RECORD,
  report,
  sealedAt,
  SETTINGS,
  STANDBY,
  STOPPED_RECEIVING,
  viewOfA,
  viewOfB,
} from "../../test/support/views.ts";

interface Case {
  readonly name: string;
  readonly view: View;
  readonly rule: RuleName;
  readonly does: string;
}

/** The effects in short: `work:seal`, `write`, `arm`. */
function inShort(effect: Effect): string {
  if (effect.effect === "work")
    return `work:${effect.action.do}${effect.action.do === "stop" ? `:${effect.action.how}` : ""}`;
  return effect.effect;
}

function check(cases: readonly Case[]): void {
  for (const { name, view, rule, does } of cases) {
    const decision: Decision = decide(view);
    assert.equal(
      `${decision.rule}: ${decision.effects
        .filter((effect) => effect.effect !== "again")
        .map(inShort)
        .join(" ")}`.trim(),
      `${rule}: ${does}`.trim(),
      `${name} (${decision.because})`,
    );
  }
}

const vacant = { ...RECORD, primary: null, session: null, open: false };
const sealedB = { b: sealedAt("b", 1000) };
const sealedBoth = { ...sealedB, c: sealedAt("c", 1000) };
const expired = { revision: 7, sinceMs: 97_000, readAtMs: 100_000 };
const strict = { lossless: "strict", need: 1 } as const;
const switchover = { to: "b", phase: "requested", by: "ana", because: "kernel", id: "x" } as const;
/** It goes on in term 1 behind the place where term 2 began. */
const DIVERGED = { ...STOPPED_RECEIVING, position: { term: 1, offset: 1000 }, forks: [{ term: 1, offset: 0 }] };
/** The heartbeats of a, as b hears them; the last one came 400 ms ago. */
const heardFromA = (change: Partial<Heard>): Heard => ({
  session: "session-a",
  atMs: 99_600,
  sinceMs: 99_600,
  silentMs: 0,
  gapMs: 100,
  spreadMs: 0,
  hearsUs: true,
  deafMs: 0,
  deafSinceMs: null,
  awakeSinceMs: 0,
  asks: [],
  promises: [],
  stuckMs: 0,
  ...change,
});
const SILENT_A: Partial<View> = {
  heard: { a: heardFromA({ silentMs: 400 }) },
  probe: { member: "a", result: "silent", atMs: 99_850, failures: 2, failingSinceMs: 99_800 },
};
const stopped = { ...STANDBY, state: "stopped", receiving: null } as const;

test("a standby takes over by the rules 4 to 6", () => {
  check([
    { name: "calm", view: viewOfB(), rule: "following", does: "" },
    {
      name: "the end of the stream alone asks",
      view: viewOfB({ streamDownSinceMs: 99_990 }),
      rule: "following",
      does: "probe",
    },
    {
      name: "an answered probe is no suspicion",
      view: viewOfB({
        ...LOST_A,
        probe: { member: "a", result: "answered", atMs: 99_995, failures: 0, failingSinceMs: 0 },
      }),
      rule: "following",
      does: "",
    },
    {
      name: "the word of its own agent is enough",
      view: viewOfB({ alarm: { term: 1, session: "session-a", because: "it hangs" } }),
      rule: "stop-receiving",
      does: "work:seal",
    },
    {
      name: "an alarm of another term is not",
      view: viewOfB({ alarm: { term: 0, session: "session-a", because: "it hangs" } }),
      rule: "following",
      does: "",
    },
    {
      name: "nor one of another session",
      view: viewOfB({ alarm: { term: 1, session: "session-x", because: "it hangs" } }),
      rule: "following",
      does: "",
    },
    {
      name: "late heartbeats alone ask, and soon again",
      view: viewOfB({ heard: { a: heardFromA({ silentMs: 210 }) } }),
      rule: "following",
      does: "probe",
    },
    {
      name: "silent ones with a last look that fails stop the receiving",
      view: viewOfB(SILENT_A),
      rule: "stop-receiving",
      does: "work:seal probe",
    },
    {
      name: "not while the stream brings something",
      view: viewOfB({ ...SILENT_A, streamMovedAtMs: 99_950 }),
      rule: "following",
      does: "probe",
    },
    {
      name: "not when the service answered since; then it is asked less often",
      view: viewOfB({
        ...SILENT_A,
        probe: { member: "a", result: "answered", atMs: 99_800, failures: 0, failingSinceMs: 99_800 },
      }),
      rule: "following",
      does: "",
    },
    {
      name: "not after one question: it may have got lost",
      view: viewOfB({
        ...SILENT_A,
        probe: { member: "a", result: "silent", atMs: 99_850, failures: 1, failingSinceMs: 99_850 },
      }),
      rule: "following",
      does: "probe",
    },
    {
      name: "nor by questions from before the silence",
      view: viewOfB({
        ...SILENT_A,
        probe: { member: "a", result: "silent", atMs: 99_590, failures: 9, failingSinceMs: 99_000 },
      }),
      rule: "following",
      does: "probe",
    },
    {
      name: "nor by the silence of another session than the term's",
      view: viewOfB({ ...SILENT_A, heard: { a: heardFromA({ silentMs: 400, session: "session-x" }) } }),
      rule: "following",
      does: "",
    },
    {
      name: "nor while heartbeats are merely late",
      view: viewOfB({ ...SILENT_A, heard: { a: heardFromA({ silentMs: 390 }) } }),
      rule: "following",
      does: "probe",
    },
    {
      name: "nor in a group that waits for the lease",
      view: viewOfB({
        ...SILENT_A,
        settings: { ...SETTINGS, durability: { lossless: "off", maxLossBytes: 0 } },
      }),
      rule: "following",
      does: "probe",
    },
    { name: "both together stop the receiving", view: viewOfB(LOST_A), rule: "stop-receiving", does: "work:seal" },
    {
      name: "not before all that came was read",
      view: viewOfB({ ...LOST_A, service: { ...STOPPED_RECEIVING, position: null } }),
      rule: "waiting",
      does: "",
    },
    { name: "then it seals", view: viewOfB({ ...LOST_A, service: STOPPED_RECEIVING }), rule: "seal", does: "write" },
    {
      name: "one of two seals is not enough",
      view: viewOfB({ ...LOST_A, service: STOPPED_RECEIVING, record: { ...RECORD, sealed: sealedB } }),
      rule: "sealed-waiting",
      does: "",
    },
    {
      name: "two are",
      view: viewOfB({ ...LOST_A, service: STOPPED_RECEIVING, record: { ...RECORD, sealed: sealedBoth } }),
      rule: "take",
      does: "write",
    },
    {
      name: "a seal of another incarnation is none",
      view: viewOfB({
        ...LOST_A,
        service: { ...STOPPED_RECEIVING, incarnation: "b2" },
        record: { ...RECORD, sealed: sealedBoth },
      }),
      rule: "seal",
      does: "write",
    },
    {
      name: "the better one is left to take",
      view: viewOfB({
        ...LOST_A,
        recordSinceMs: 99_900,
        service: STOPPED_RECEIVING,
        record: { ...RECORD, sealed: { ...sealedB, c: sealedAt("c", 1001) } },
      }),
      rule: "sealed-waiting",
      does: "",
    },
    {
      name: "and never passed by, if its data is needed",
      view: viewOfB({
        ...LOST_A,
        service: STOPPED_RECEIVING,
        record: { ...RECORD, sealed: { ...sealedB, c: sealedAt("c", 1001) } },
      }),
      rule: "sealed-waiting",
      does: "",
    },
    {
      name: "an equal one is given a moment",
      view: viewOfB({
        ...LOST_A,
        recordSinceMs: 99_900,
        service: STOPPED_RECEIVING,
        record: {
          ...RECORD,
          sealed: { ...sealedB, a: sealedAt("a", 1000), c: sealedAt("c", 1000) },
          switchover: { ...switchover, to: "c", phase: "handed-over" },
          primary: null,
        },
      }),
      rule: "sealed-waiting",
      does: "",
    },
    {
      name: "and then passed by",
      view: viewOfB({
        ...LOST_A,
        recordSinceMs: 99_000,
        service: STOPPED_RECEIVING,
        record: {
          ...RECORD,
          sealed: { ...sealedB, a: sealedAt("a", 1000), c: sealedAt("c", 1000) },
          switchover: { ...switchover, to: "c", phase: "handed-over" },
          primary: null,
        },
      }),
      rule: "take",
      does: "write",
    },
    {
      name: "a vacant record is a reason",
      view: viewOfB({ record: vacant }),
      rule: "stop-receiving",
      does: "work:seal",
    },
    {
      name: "vacant: the last primary's own data is enough",
      view: viewOfB({
        record: { ...vacant, sealed: { ...sealedB, a: sealedAt("a", 1000) } },
        service: STOPPED_RECEIVING,
      }),
      rule: "take",
      does: "write",
    },
    {
      name: "alone: nobody but the last primary",
      view: viewOfB({ record: { ...vacant, commit: [ALONE], sealed: sealedBoth }, service: STOPPED_RECEIVING }),
      rule: "sealed-waiting",
      does: "",
    },
    {
      name: "alone: unless the loss was accepted",
      view: viewOfB({
        record: { ...vacant, commit: [ALONE], sealed: sealedBoth, acceptedLoss: { to: "b", term: 1, by: "ana" } },
        service: STOPPED_RECEIVING,
      }),
      rule: "take",
      does: "write",
    },
    {
      name: "alone, of an earlier term: not",
      view: viewOfB({
        record: { ...vacant, commit: [ALONE], sealed: sealedBoth, acceptedLoss: { to: "b", term: 0, by: "ana" } },
        service: STOPPED_RECEIVING,
      }),
      rule: "sealed-waiting",
      does: "",
    },
    {
      name: "an expired session is a reason",
      view: viewOfB({ holder: expired }),
      rule: "stop-receiving",
      does: "work:seal probe",
    },
    {
      name: "paused means paused",
      view: viewOfB({ ...LOST_A, record: { ...RECORD, paused: { by: "ana", because: "", at: "" } } }),
      rule: "following",
      does: "",
    },
    {
      name: "paused and vacant",
      view: viewOfB({ record: { ...vacant, paused: { by: "ana", because: "", at: "" } } }),
      rule: "paused",
      does: "",
    },
    {
      name: "an expired session is no matter of patience",
      view: viewOfB({ holder: expired, sealsInVain: 3 }),
      rule: "stop-receiving",
      does: "work:seal probe",
    },
    {
      name: "an impostor is ended, whatever is on its way",
      view: viewOfB({ unsettled: true, service: PRIMARY }),
      rule: "superseded",
      does: "work:stop:kill",
    },
    {
      name: "after seals in vain it backs off",
      view: viewOfB({ ...LOST_A, sealsInVain: 3 }),
      rule: "back-off",
      does: "",
    },
    {
      name: "without a session it does not take",
      view: viewOfB({
        ...LOST_A,
        leaseEndsAtMs: 0,
        service: STOPPED_RECEIVING,
        record: { ...RECORD, sealed: sealedBoth },
      }),
      rule: "waiting",
      does: "",
    },
    {
      name: "after a lost answer it settles first",
      view: viewOfB({
        ...LOST_A,
        unsettled: true,
        service: STOPPED_RECEIVING,
        record: { ...RECORD, sealed: sealedBoth },
      }),
      rule: "settle",
      does: "write",
    },
    {
      name: "a store that went back is not changed either, by a new life of an agent",
      view: viewOfB({ unsettled: true, storeDoubt: "it went back" }),
      rule: "store-doubt",
      does: "",
    },
    {
      name: "a store that went back is not believed",
      view: viewOfB({ ...LOST_A, storeDoubt: "it went back" }),
      rule: "store-doubt",
      does: "",
    },
    {
      name: "a planned stop is no suspicion, and costs the primary no question",
      view: viewOfB({
        ...LOST_A,
        recordSinceMs: 99_800,
        record: { ...RECORD, switchover: { ...switchover, phase: "draining" } },
      }),
      rule: "following",
      does: "",
    },
    {
      name: "the term is handed over to another one: it goes on receiving, for a moment",
      view: viewOfB({
        recordSinceMs: 99_800,
        record: { ...vacant, switchover: { ...switchover, to: "c", phase: "handed-over" } },
      }),
      rule: "await-handover",
      does: "",
    },
    {
      name: "and only for a moment",
      view: viewOfB({
        recordSinceMs: 99_600,
        record: { ...vacant, switchover: { ...switchover, to: "c", phase: "handed-over" } },
      }),
      rule: "stop-receiving",
      does: "work:seal",
    },
    {
      name: "what the last primary still supplies is awaited",
      view: viewOfB({
        recordSinceMs: 99_990,
        service: { ...STANDBY, offset: 1100 },
        record: { ...vacant, sealed: { a: { incarnation: "a1", position: { term: 1, offset: 1200 } } } },
      }),
      rule: "await-handover",
      does: "",
    },
  ]);
});

test("take by expiry also compares the session as observed, and keeps the old commit rules", () => {
  const record = { ...RECORD, sealed: sealedBoth };
  const decision = decide(viewOfB({ holder: expired, service: STOPPED_RECEIVING, record }));
  const write = decision.effects.find((effect) => effect.effect === "write");
  assert.equal(decision.rule, "take");
  assert.ok(write?.andHolder);
  assert.equal(write.record.term, 2);
  assert.equal(write.record.open, false);
  assert.deepEqual(write.record.sealed, {});
  assert.deepEqual(write.record.commit, [...RECORD.commit, commitRule(1, [copy("c")])]);
  assert.deepEqual(write.record.forks, [...RECORD.forks, { term: 2, offset: 1000 }]);
});

test("new data that nobody will need is broken off, and no other work", () => {
  const copyOf = (from: string): View["work"] => ({ action: { do: "clone", from, term: 1, forks: [] }, sinceMs: 0 });
  const partial = { ...UNSEEN, state: "partial" } as const;
  const rewind: View["work"] = { action: { do: "rewind", from: "c", term: 1, forks: [] }, sinceMs: 0 };
  check([
    {
      name: "a copy of the primary",
      view: viewOfB({ work: copyOf("a"), service: partial }),
      rule: "working",
      does: "",
    },
    {
      name: "of a former one",
      view: viewOfB({ work: copyOf("c"), service: partial }),
      rule: "abandon",
      does: "abandon",
    },
    {
      name: "while nobody is primary it goes on",
      view: viewOfB({ record: vacant, work: copyOf("c"), service: partial }),
      rule: "working",
      does: "",
    },
    {
      name: "half a rewind helps nobody",
      view: viewOfB({ work: rewind, service: partial }),
      rule: "working",
      does: "",
    },
    {
      name: "everything is to stop",
      view: viewOfB({ leaving: true, work: copyOf("a"), service: partial }),
      rule: "abandon",
      does: "abandon",
    },
    {
      name: "a rewind is not broken off for that",
      view: viewOfB({ leaving: true, work: rewind, service: partial }),
      rule: "working",
      does: "",
    },
  ]);
});

test("whoever does not hold the term follows, and makes its data worse only by rule 10", () => {
  const termTwo = { ...RECORD, term: 2, rev: 20, primary: "c", forks: [...RECORD.forks, { term: 2, offset: 900 }] };
  const counted = { ...termTwo, commit: [commitRule(1, [copy("b")])] };
  const quiet = {
    record: termTwo,
    streamDownSinceMs: 99_999,
    probe: { member: "c", result: "answered", atMs: 99_999, failures: 0, failingSinceMs: 0 },
  } as const;
  check([
    {
      name: "a primary that no term names ends",
      view: viewOfB({ service: { ...PRIMARY, incarnation: "b1" } }),
      rule: "superseded",
      does: "work:stop:kill",
    },
    {
      name: "also when the record is vacant",
      view: viewOfB({ record: vacant, service: PRIMARY }),
      rule: "superseded",
      does: "work:stop:kill",
    },
    {
      name: "who still receives from the old one stops first",
      view: viewOfB({ record: termTwo }),
      rule: "change-upstream",
      does: "work:seal",
    },
    {
      name: "diverged: not before the term is open",
      view: viewOfB({ ...quiet, record: { ...termTwo, open: false, commit: [ALONE] }, service: STOPPED_RECEIVING }),
      rule: "waiting",
      does: "",
    },
    {
      name: "diverged, and the term does not open without it",
      view: viewOfB({
        ...quiet,
        record: { ...termTwo, open: false, commit: [ALONE] },
        service: STOPPED_RECEIVING,
        peers: { c: { report: report({ state: "primary" }), heardAtMs: 99_900 } },
      }),
      rule: "rewind",
      does: "work:rewind",
    },
    {
      name: "diverged: not while a rule counts on it",
      view: viewOfB({ ...quiet, record: counted, service: STOPPED_RECEIVING }),
      rule: "leave-rule-first",
      does: "",
    },
    {
      name: "diverged: then it is rewound",
      view: viewOfB({
        ...quiet,
        record: { ...termTwo, commit: [commitRule(1, [copy("a")])] },
        service: STOPPED_RECEIVING,
      }),
      rule: "rewind",
      does: "work:rewind",
    },
    {
      name: "rewinding failed: cloned",
      view: viewOfB({
        ...quiet,
        record: { ...termTwo, commit: [commitRule(1, [copy("a")])] },
        service: STOPPED_RECEIVING,
        failure: { do: "rewind", because: "x", atMs: 90_000, times: 1 },
      }),
      rule: "clone",
      does: "work:clone",
    },
    {
      name: "not diverged: it follows",
      view: viewOfB({ ...quiet, service: { ...STOPPED_RECEIVING, position: { term: 1, offset: 900 } } }),
      rule: "follow",
      does: "work:follow",
    },
    {
      name: "sealed for nothing: it waits a moment",
      view: viewOfB({ record: { ...RECORD, sealed: sealedB }, recordSinceMs: 99_900, service: STOPPED_RECEIVING }),
      rule: "sealed-waiting",
      does: "",
    },
    {
      name: "then it leaves the seal first",
      view: viewOfB({ record: { ...RECORD, sealed: sealedB }, service: STOPPED_RECEIVING }),
      rule: "unseal",
      does: "write",
    },
    {
      name: "without data it is cloned",
      view: viewOfB({ service: { ...UNSEEN, state: "empty" } }),
      rule: "clone",
      does: "work:clone",
    },
    {
      name: "half a copy is no copy",
      view: viewOfB({ service: { ...UNSEEN, state: "partial" } }),
      rule: "clone",
      does: "work:clone",
    },
    {
      name: "its seal goes before its data",
      view: viewOfB({ record: { ...RECORD, sealed: sealedB }, service: { ...UNSEEN, state: "partial" } }),
      rule: "unseal",
      does: "write",
    },
    {
      name: "another cluster's data is not touched",
      view: viewOfB({ service: { ...UNSEEN, state: "foreign", problem: "other" } }),
      rule: "foreign-data",
      does: "",
    },
    { name: "stopped: it starts", view: viewOfB({ service: stopped }), rule: "start", does: "work:start" },
    {
      name: "not while the others take over",
      view: viewOfB({ service: stopped, record: { ...RECORD, open: false }, recordSinceMs: 99_500 }),
      rule: "waiting",
      does: "",
    },
    {
      name: "but soon, if they cannot",
      view: viewOfB({ service: stopped, record: { ...RECORD, open: false }, recordSinceMs: 99_000 }),
      rule: "start",
      does: "work:start",
    },
    {
      name: "what failed waits",
      view: viewOfB({ service: stopped, failure: { do: "start", because: "port", atMs: 99_900, times: 1 } }),
      rule: "stuck",
      does: "",
    },
    {
      name: "diverged and counted on: it waits for the primary to drop it",
      view: viewOfB({
        service: DIVERGED,
        recordSinceMs: 90_000,
        record: { ...RECORD, term: 2, forks: [...RECORD.forks, { term: 2, offset: 900 }] },
      }),
      rule: "leave-rule-first",
      does: "",
    },
    {
      name: "diverged, and the term cannot open without it: it is rewound though a rule counts on it",
      view: viewOfB({
        service: DIVERGED,
        recordSinceMs: 90_000,
        record: { ...RECORD, term: 2, open: false, forks: [...RECORD.forks, { term: 2, offset: 900 }] },
        peers: { a: { report: report({ state: "primary" }), heardAtMs: 99_900 } },
      }),
      rule: "rewind",
      does: "work:rewind",
    },
    {
      name: "not before the term has been closed for a while",
      view: viewOfB({
        service: DIVERGED,
        recordSinceMs: 99_000,
        record: { ...RECORD, term: 2, open: false, forks: [...RECORD.forks, { term: 2, offset: 900 }] },
        peers: { a: { report: report({ state: "primary" }), heardAtMs: 99_900 } },
      }),
      rule: "waiting",
      does: "",
    },
    {
      name: "an operator's new copy leaves the rule first",
      view: viewOfB({ record: { ...RECORD, reinit: { b: "b1" } } }),
      rule: "leave-rule-first",
      does: "",
    },
    {
      name: "then stops",
      view: viewOfB({ record: { ...RECORD, commit: [commitRule(1, [copy("c")])], reinit: { b: "b1" } } }),
      rule: "reinit",
      does: "work:stop:clean",
    },
    {
      name: "then is cloned",
      view: viewOfB({
        record: { ...RECORD, commit: [commitRule(1, [copy("c")])], reinit: { b: "b1" } },
        service: stopped,
      }),
      rule: "clone",
      does: "work:clone",
    },
    {
      name: "then the wish is fulfilled",
      view: viewOfB({ record: { ...RECORD, reinit: { b: "b0" } } }),
      rule: "reinit",
      does: "write",
    },
    {
      name: "a standby that does not answer is given time",
      view: viewOfB({ service: { ...STANDBY, state: "hung" }, stateSinceMs: 98_000 }),
      rule: "waiting",
      does: "",
    },
    {
      name: "and then ended",
      view: viewOfB({ service: { ...STANDBY, state: "hung" }, stateSinceMs: 90_000 }),
      rule: "end-processes",
      does: "work:stop:kill",
    },
  ]);
});

test("the holder acts only inside its lease, its term and its guard", () => {
  const restarted = { ...RECORD, session: "an earlier life" };
  check([
    { name: "calm", view: viewOfA(), rule: "steady", does: "" },
    {
      name: "the lease has run out",
      view: viewOfA({ leaseEndsAtMs: 100_000 }),
      rule: "lease-lapsed",
      does: "work:stop:kill",
    },
    {
      name: "also while other work is under way",
      view: viewOfA({ leaseEndsAtMs: 99_000, work: { action: { do: "prepare-stop" }, sinceMs: 0 } }),
      rule: "lease-lapsed",
      does: "work:stop:kill",
    },
    {
      name: "the term is another one",
      view: viewOfA({ service: { ...PRIMARY, term: 0 } }),
      rule: "not-my-term",
      does: "work:stop:kill alarm",
    },
    {
      name: "but in the middle of its promotion none is known",
      view: viewOfA({
        service: { ...PRIMARY, term: null },
        work: { action: { do: "promote", term: 1, forks: [], rule: ALONE }, sinceMs: 0 },
      }),
      rule: "working",
      does: "",
    },
    {
      name: "and outside of one that is an impostor",
      view: viewOfA({ service: { ...PRIMARY, term: null } }),
      rule: "not-my-term",
      does: "work:stop:kill alarm",
    },
    {
      name: "long work: the guard's end still moves",
      view: viewOfA({
        guard: { state: "armed", untilMs: 100_500 },
        work: { action: { do: "prepare-stop" }, sinceMs: 0 },
      }),
      rule: "working",
      does: "arm",
    },
    {
      name: "but not while it is being ended",
      view: viewOfA({
        guard: { state: "armed", untilMs: 100_500 },
        work: { action: { do: "stop", how: "kill", because: "" }, sinceMs: 0 },
      }),
      rule: "working",
      does: "",
    },
    {
      name: "its disk is gone, and no process is left",
      view: viewOfA({ service: { ...UNSEEN, state: "foreign" } }),
      rule: "primary-ended",
      does: "write disarm",
    },
    { name: "the guard is lost", view: viewOfA({ guard: { state: "lost" } }), rule: "arm-guard", does: "arm" },
    {
      name: "the guard has fired",
      view: viewOfA({ guard: { state: "fired", atMs: 1 } }),
      rule: "guard-fired",
      does: "work:stop:kill alarm",
    },
    {
      name: "a renewal moves the guard's end",
      view: viewOfA({ guard: { state: "armed", untilMs: 100_500 } }),
      rule: "steady",
      does: "arm",
    },
    {
      name: "hung: ended for good first",
      view: viewOfA({ service: { ...PRIMARY, state: "hung" } }),
      rule: "primary-hung",
      does: "work:stop:kill alarm",
    },
    {
      name: "children are left: ended",
      view: viewOfA({ service: { ...PRIMARY, state: "stopping" } }),
      rule: "finish-stop",
      does: "work:stop:kill alarm",
    },
    {
      name: "gone: only then it vacates",
      view: viewOfA({ service: { ...PRIMARY, state: "stopped" } }),
      rule: "primary-ended",
      does: "write disarm",
    },
    { name: "a new life adopts", view: viewOfA({ record: restarted }), rule: "adopt", does: "write" },
    {
      name: "but not behind the guard's deadline",
      view: viewOfA({ record: restarted, guard: { state: "armed", untilMs: 99_000 } }),
      rule: "adopt-too-late",
      does: "work:stop:kill",
    },
    {
      name: "a store that went back",
      view: viewOfA({ storeDoubt: "it went back" }),
      rule: "store-doubt",
      does: "work:stop:kill alarm",
    },
    {
      name: "just taken: armed, then promoted",
      view: viewOfA({
        record: { ...RECORD, term: 2, open: false },
        service: { ...STOPPED_RECEIVING, incarnation: "a1" },
      }),
      rule: "promote",
      does: "arm work:promote",
    },
    {
      name: "failed three times: it is ended",
      view: viewOfA({
        record: { ...RECORD, term: 2, open: false },
        service: { ...STOPPED_RECEIVING, incarnation: "a1" },
        stateSinceMs: 90_000,
        failure: { do: "promote", because: "x", atMs: 95_000, times: 3 },
      }),
      rule: "primary-hung",
      does: "work:stop:kill alarm",
    },
    {
      name: "but that was another life of the server: promoted",
      view: viewOfA({
        record: { ...RECORD, term: 2, open: false },
        service: { ...STOPPED_RECEIVING, incarnation: "a1" },
        stateSinceMs: 99_000,
        failure: { do: "promote", because: "x", atMs: 95_000, times: 3 },
      }),
      rule: "promote",
      does: "arm work:promote",
    },
    {
      name: "not by what was read before",
      view: viewOfA({ fresh: false, record: { ...RECORD, term: 2, open: false }, service: STOPPED_RECEIVING }),
      rule: "waiting",
      does: "",
    },
    {
      name: "a restart in place is a new term",
      view: viewOfA({ service: { ...STOPPED_RECEIVING, forks: RECORD.forks } }),
      rule: "restarted-in-place",
      does: "work:stop:kill alarm",
    },
    { name: "leaving", view: viewOfA({ leaving: true }), rule: "leave", does: "work:stop:clean" },
    {
      name: "unhealthy, with an heir",
      view: viewOfA({ health: "down", peers: { b: { report: report(), heardAtMs: 99_900 } } }),
      rule: "unhealthy",
      does: "work:stop:clean",
    },
    {
      name: "unhealthy, with an heir that is no better",
      view: viewOfA({ health: "down", peers: { b: { report: report({ health: "down" }), heardAtMs: 99_900 } } }),
      rule: "steady",
      does: "",
    },
    {
      name: "not judged by what it was before",
      view: viewOfA({ health: "down", stateSinceMs: 95_000, peers: { b: { report: report(), heardAtMs: 99_900 } } }),
      rule: "steady",
      does: "",
    },
    {
      name: "unhealthy, without one",
      view: viewOfA({ health: "down", service: { ...PRIMARY, followers: [] } }),
      rule: "steady",
      does: "",
    },
    {
      name: "no first entry yet",
      view: viewOfA({ service: { ...PRIMARY, firstOffset: null } }),
      rule: "begin-term",
      does: "work:begin",
    },
  ]);
});

test("rules 8 and 9: nobody is let in, and no rule dropped, before enough have what they must", () => {
  const closed = {
    ...RECORD,
    open: false,
    commit: [commitRule(1, [copy("c", "c0")]), commitRule(1, [copy("b"), copy("c")])],
  };
  const behind = [follower("b", { offset: 99 }), follower("c", { offset: 99 })];
  const joint = { ...RECORD, commit: [commitRule(1, [copy("c")]), commitRule(1, [copy("b"), copy("c")])] };
  const onlyC = { ...RECORD, commit: [commitRule(1, [copy("c")])] };
  check([
    { name: "opens with the first entry acknowledged", view: viewOfA({ record: closed }), rule: "open", does: "write" },
    {
      name: "not before",
      view: viewOfA({ record: closed, service: { ...PRIMARY, followers: behind } }),
      rule: "waiting",
      does: "",
    },
    {
      name: "not by followers of an earlier term",
      view: viewOfA({
        record: closed,
        service: { ...PRIMARY, followers: [follower("b", { term: 0 }), follower("c", { term: 0 })] },
        absentSinceMs: { b: 99_950, c: 99_950 },
      }),
      rule: "waiting",
      does: "",
    },
    {
      name: "a rule in the record is put in force",
      view: viewOfA({ record: joint, service: { ...PRIMARY, rule: commitRule(1, [copy("c")]) } }),
      rule: "put-rule-in-force",
      does: "work:set-rule",
    },
    {
      name: "the old one goes when the new one has caught up",
      view: viewOfA({ record: joint }),
      rule: "drop-old-rules",
      does: "write",
    },
    {
      name: "not before",
      view: viewOfA({ record: joint, service: { ...PRIMARY, ruleOffset: 2000 } }),
      rule: "steady",
      does: "",
    },
    {
      name: "whoever streams joins",
      view: viewOfA({ record: onlyC, service: { ...PRIMARY, rule: commitRule(1, [copy("c")]) } }),
      rule: "change-rule",
      does: "write",
    },
    {
      name: "whoever does not stream leaves",
      view: viewOfA({ service: { ...PRIMARY, followers: [follower("c")] }, absentSinceMs: { b: 90_000 } }),
      rule: "change-rule",
      does: "write",
    },
    {
      name: "but not at once",
      view: viewOfA({ service: { ...PRIMARY, followers: [follower("c")] }, absentSinceMs: { b: 99_900 } }),
      rule: "steady",
      does: "",
    },
    {
      name: "strict: the last one stays",
      view: viewOfA({ service: { ...PRIMARY, followers: [] }, absentSinceMs: { b: 90_000, c: 90_000 } }),
      rule: "steady",
      does: "",
    },
    {
      name: "preferred: it goes on alone",
      view: viewOfA({
        settings: { ...SETTINGS, durability: { lossless: "preferred", need: 1, of: ["a", "b", "c"] } },
        service: { ...PRIMARY, followers: [] },
        absentSinceMs: { b: 90_000, c: 90_000 },
      }),
      rule: "go-on-alone",
      does: "write",
    },
  ]);
});

test("the primary's configuration says who belongs to the group and who counts", () => {
  const names = (...of: readonly string[]) => of.map((member) => ({ member, priority: 100 }));
  const onlyAB = { ...SETTINGS, members: names("a", "b"), durability: { ...strict, of: ["a", "b"] } };
  const withD = { ...SETTINGS, members: names("a", "b", "c", "d") };
  const ruleOfB = commitRule(1, [copy("b")]);
  check([
    { name: "a new member joins at once", view: viewOfA({ settings: withD }), rule: "change-members", does: "write" },
    {
      name: "a member that goes first leaves the commit rule, though it streams",
      view: viewOfA({ settings: onlyAB }),
      rule: "change-rule",
      does: "write",
    },
    {
      name: "then the group",
      view: viewOfA({
        settings: onlyAB,
        record: { ...RECORD, commit: [ruleOfB] },
        service: { ...PRIMARY, rule: ruleOfB },
      }),
      rule: "change-members",
      does: "write",
    },
    {
      name: "not while writes would wait for ever without it",
      view: viewOfA({ settings: onlyAB, service: { ...PRIMARY, followers: [follower("c")] }, absentSinceMs: { b: 0 } }),
      rule: "steady",
      does: "",
    },
    {
      name: "whom the configuration does not name cannot be asked, and so not be suspected",
      view: viewOfB({
        settings: { ...SETTINGS, members: names("b", "c") },
        service: { ...STANDBY, receiving: { from: "a", term: 1, streaming: false } },
        ...LOST_A,
      }),
      rule: "following",
      does: "",
    },
  ]);
});

test("a closed term looks less often for its acknowledgement the longer it has waited", () => {
  const service = { ...PRIMARY, followers: [follower("b", { offset: 99 })] };
  const record = { ...RECORD, open: false };
  const nextAfter = (waitedMs: number): readonly Effect[] => {
    const guard = { state: "armed", untilMs: 101_800 } as const;
    const view = viewOfA({ record, service, guard, leaseEndsAtMs: 101_800 });
    return decide({ ...view, recordSinceMs: view.nowMs - waitedMs }).effects;
  };
  assert.deepEqual(nextAfter(10), [{ effect: "again", inMs: 3 }]);
  assert.deepEqual(nextAfter(1000), [{ effect: "again", inMs: 50 }]);
  assert.deepEqual(nextAfter(60_000), [{ effect: "again", inMs: 100 }]);
});

test("a primary looks again when it will have to ask for promises, and no later", () => {
  const inMs = (leaseEndsAtMs: number): readonly Effect[] => decide(viewOfA({ leaseEndsAtMs })).effects;
  const guardedUntilMs = 101_000;
  assert.deepEqual(inMs(guardedUntilMs), [{ effect: "again", inMs: 200 }]);
  assert.deepEqual(inMs(100_801), [{ effect: "again", inMs: 1 }]);
  assert.deepEqual(inMs(100_800)[0], { effect: "ask-promises", term: 1 });
});

test("while a change of the record is on its way the guard's end is still looked after", () => {
  const late = viewOfA({ leaseEndsAtMs: 100_500, guard: { state: "armed", untilMs: 100_400 } });
  const due = [
    { effect: "ask-promises", term: 1 },
    { effect: "again", inMs: 150 },
    { effect: "arm", untilMs: 100_500 },
  ];
  assert.deepEqual(whileWriting({ ...late, sent: [RECORD] }), due);
  assert.deepEqual(whileWriting({ ...late, sent: [{ ...RECORD, primary: null }] }), [], "it gives the term up");
  assert.deepEqual(whileWriting({ ...late, me: "b" }), [], "it does not hold it");
  assert.deepEqual(whileWriting({ ...late, service: { ...PRIMARY, state: "stopped" } }), []);
});

test("rule 11: a switchover prepares, drains, stops, and is called off when it cannot be", () => {
  const asked = { ...RECORD, switchover };
  const draining = { ...RECORD, switchover: { ...switchover, phase: "draining" } as const };
  const yielding = { ...RECORD, switchover: { ...switchover, phase: "yielding" } as const };
  const busy = { ...PRIMARY, busyClients: 3 };
  check([
    {
      name: "what is dirty is written out first",
      view: viewOfA({ record: asked }),
      rule: "switchover-prepare",
      does: "work:prepare-stop",
    },
    {
      name: "then clients are held",
      view: viewOfA({ record: asked, done: { action: { do: "prepare-stop" }, sinceMs: 60_000 } }),
      rule: "switchover-drain",
      does: "write",
    },
    {
      name: "work under way may end",
      view: viewOfA({ record: draining, recordSinceMs: 99_900, service: busy }),
      rule: "waiting",
      does: "",
    },
    {
      name: "for a bounded time",
      view: viewOfA({ record: draining, recordSinceMs: 99_000, service: busy }),
      rule: "switchover-stop",
      does: "work:stop:clean",
    },
    {
      name: "no work under way, and the standbys have everything: they may seal",
      view: viewOfA({ record: draining, recordSinceMs: 99_990, service: { ...PRIMARY, busyClients: 0 } }),
      rule: "switchover-yield",
      does: "write",
    },
    {
      name: "a standby lacks something: a moment",
      view: viewOfA({
        record: draining,
        recordSinceMs: 99_990,
        service: { ...PRIMARY, busyClients: 0, followers: [follower("b", { offset: 1 }), follower("c")] },
      }),
      rule: "waiting",
      does: "",
    },
    {
      name: "too few stream for their seals to suffice: it stops",
      view: viewOfA({
        record: draining,
        recordSinceMs: 99_990,
        service: { ...PRIMARY, busyClients: 0, followers: [follower("c")] },
      }),
      rule: "switchover-stop",
      does: "work:stop:clean",
    },
    {
      name: "a rule that seals cannot meet: it stops",
      view: viewOfA({
        record: { ...draining, commit: [ALONE, ...RECORD.commit] },
        recordSinceMs: 99_990,
        service: { ...PRIMARY, busyClients: 0 },
      }),
      rule: "switchover-stop",
      does: "work:stop:clean",
    },
    {
      name: "the standbys are given a moment to take",
      view: viewOfA({ record: yielding, recordSinceMs: 99_990, service: { ...PRIMARY, busyClients: 0 } }),
      rule: "waiting",
      does: "",
    },
    {
      name: "and when none does it stops",
      view: viewOfA({ record: yielding, recordSinceMs: 99_000, service: { ...PRIMARY, busyClients: 0 } }),
      rule: "switchover-stop",
      does: "work:stop:clean",
    },
    {
      name: "to one that does not stream",
      view: viewOfA({
        record: { ...asked, switchover: { ...switchover, to: "b" } },
        service: { ...PRIMARY, followers: [follower("c")] },
      }),
      rule: "switchover-impossible",
      does: "write",
    },
  ]);
  const gone = decide(
    viewOfA({ record: draining, service: { ...PRIMARY, state: "stopped", position: { term: 1, offset: 1200 } } }),
  );
  const write = gone.effects.find((effect) => effect.effect === "write");
  assert.equal(write?.record.switchover?.phase, "handed-over");
  assert.deepEqual(write?.record.sealed["a"]?.position, { term: 1, offset: 1200 });
  check([
    {
      name: "it vacates as soon as its end is written, behind a guard for what is left of it",
      view: viewOfA({
        record: draining,
        service: { ...PRIMARY, state: "stopping", position: { term: 1, offset: 1200 } },
        work: { action: { do: "stop", how: "clean", because: "" }, sinceMs: 99_950 },
      }),
      rule: "primary-ended",
      does: "write",
    },
    {
      name: "and not before",
      view: viewOfA({
        record: draining,
        service: { ...PRIMARY, state: "stopping" },
        work: { action: { do: "stop", how: "clean", because: "" }, sinceMs: 99_950 },
      }),
      rule: "working",
      does: "",
    },
  ]);
  const open = decide(
    viewOfA({
      record: { ...asked, switchover: { ...switchover, to: null } },
      done: { action: { do: "prepare-stop" }, sinceMs: 60_000 },
      service: { ...PRIMARY, followers: [follower("b"), follower("c", { offset: 1001 })] },
    }),
  );
  const named = open.effects.find((effect) => effect.effect === "write");
  assert.equal(named?.record.switchover?.to, "c", "an open wish becomes a name: the one that has the most");
});

test("the first member of the configuration founds the group, and nobody else", () => {
  const none = { record: null, holder: null } as const;
  const ready = { ...STOPPED_RECEIVING, incarnation: "a1" };
  check([
    {
      name: "another member waits",
      view: viewOfB({ ...none, service: { ...UNSEEN, state: "empty" } }),
      rule: "no-record",
      does: "",
    },
    {
      name: "a store that has not answered is not an empty one",
      view: viewOfA({ ...none, fresh: false, guard: { state: "idle" }, service: { ...UNSEEN, state: "empty" } }),
      rule: "waiting",
      does: "",
    },
    {
      name: "a server that still receives is severed first, so that the end of its data is known",
      view: viewOfA({ ...none, guard: { state: "idle" }, service: { ...STANDBY, incarnation: "a1" } }),
      rule: "find-end",
      does: "work:seal",
    },
    {
      name: "it makes the data",
      view: viewOfA({ ...none, guard: { state: "idle" }, service: { ...UNSEEN, state: "empty" } }),
      rule: "create",
      does: "work:create",
    },
    {
      name: "again after half a try",
      view: viewOfA({ ...none, guard: { state: "idle" }, service: { ...UNSEEN, state: "partial" } }),
      rule: "create",
      does: "work:create",
    },
    {
      name: "it adopts",
      view: viewOfA({ ...none, guard: { state: "idle" }, service: { ...UNSEEN, state: "stopped" } }),
      rule: "create",
      does: "work:create",
    },
    {
      name: "it starts",
      view: viewOfA({ ...none, guard: { state: "idle" }, service: { ...stopped, incarnation: "a1" } }),
      rule: "start",
      does: "work:start",
    },
    {
      name: "it founds",
      view: viewOfA({ ...none, guard: { state: "idle" }, service: ready }),
      rule: "found",
      does: "write",
    },
  ]);
});

test("asynchronous groups: only a lease that has run out or a vacant record, and not more lost than allowed", () => {
  const settings = { ...SETTINGS, durability: { lossless: "off", maxLossBytes: 100 } } as const;
  const record = { ...vacant, commit: [ALONE], sealed: sealedB };
  const heard = (offset: number): View["service"] => ({ ...STOPPED_RECEIVING, heardOffset: offset });
  check([
    {
      name: "suspicion is not enough",
      view: viewOfB({ ...LOST_A, settings, record: { ...RECORD, commit: [ALONE] } }),
      rule: "following",
      does: "",
    },
    {
      name: "a little may be lost",
      view: viewOfB({ settings, record, service: heard(1100) }),
      rule: "take",
      does: "write",
    },
    {
      name: "more may not",
      view: viewOfB({ settings, record, service: heard(1101) }),
      rule: "sealed-waiting",
      does: "",
    },
    {
      name: "nor what nobody knows",
      view: viewOfB({ settings, record, service: STOPPED_RECEIVING }),
      rule: "sealed-waiting",
      does: "",
    },
    {
      name: "others that live are waited for",
      view: viewOfB({
        settings,
        record,
        recordSinceMs: 99_900,
        service: heard(1000),
        peers: { c: { report: report({ incarnation: "c1" }), heardAtMs: 99_900 } },
      }),
      rule: "sealed-waiting",
      does: "",
    },
  ]);
});

test("a take counts on nobody who must be rewound first, and ends the wish to replace the taker's copy", () => {
  const record: GroupRecord = {
    ...vacant,
    sealed: { b: sealedAt("b", 1000, 2), c: sealedAt("c", 1200), a: sealedAt("a", 1000, 2) },
    forks: [
      { term: 1, offset: 0 },
      { term: 2, offset: 900 },
    ],
    term: 2,
    reinit: { b: "b1", c: "c1" },
  };
  const service = { ...STOPPED_RECEIVING, position: { term: 2, offset: 1000 }, forks: record.forks };
  const { effects, because } = decide(viewOfB({ record, service, recordSinceMs: 90_000 }));
  const taken = effects.find((effect) => effect.effect === "write")?.record;
  assert.equal(taken?.primary, "b", because);
  assert.deepEqual(taken.commit.at(-1)?.of, [copy("a")]);
  assert.deepEqual(taken.reinit, { c: "c1" });
});

test("a copy that cannot be spared is not made anew; one that is away no longer holds its own replacement up", () => {
  const record: GroupRecord = { ...RECORD, commit: [commitRule(1, [copy("b")])], reinit: { b: "b1" } };
  const service = { ...PRIMARY, rule: commitRule(1, [copy("b")]), followers: [follower("b")] };
  assert.equal(decide(viewOfA({ record, service })).rule, "reinit-impossible");
  const away = decide(viewOfA({ record, service: { ...service, followers: [] }, absentSinceMs: { b: 90_000 } }));
  const next = away.effects.find((effect) => effect.effect === "write")?.record;
  assert.deepEqual(next?.commit.at(-1), commitRule(1, []));
  const replaced = decide(viewOfB({ record: { ...record, commit: next?.commit ?? [] } }));
  assert.equal(replaced.rule, "reinit");
});

test("a service without data follows without a stream, takes over with nothing to lose, and is nowhere copied", () => {
  const settings = { ...SETTINGS, hasData: false, durability: { lossless: "off", maxLossBytes: 0 } } as const;
  const nowhere = { position: { term: 0, offset: 0 }, dataId: "", forks: [], offset: 0 } as const;
  const record = { ...RECORD, commit: [ALONE], dataId: "" };
  const sealed = { b: { incarnation: "b1", position: nowhere.position } };
  const active = { ...PRIMARY, ...nowhere, firstOffset: 0, rule: ALONE, followers: [] };
  const asked = { ...record, switchover };
  const heard = { b: { report: report(), heardAtMs: 99_000 } };
  const b = (change: Partial<View>): View =>
    viewOfB({ settings, record, service: { ...STANDBY, ...nowhere }, ...change });
  const a = (change: Partial<View>): View => viewOfA({ settings, record, service: active, ...change });
  check([
    { name: "calm", view: b({}), rule: "following", does: "" },
    {
      name: "it is told whom",
      view: b({ service: { ...STANDBY, ...nowhere, receiving: null } }),
      rule: "follow",
      does: "work:follow",
    },
    {
      name: "vacant",
      view: b({ record: { ...record, primary: null, session: null } }),
      rule: "stop-receiving",
      does: "work:seal",
    },
    {
      name: "nobody has heard of an offset, and none is missed",
      view: b({
        record: { ...record, primary: null, session: null, sealed },
        service: { ...STANDBY, ...nowhere, receiving: null },
      }),
      rule: "take",
      does: "write",
    },
    {
      name: "no copy is made anew",
      view: b({ record: { ...record, reinit: { b: "b1" } } }),
      rule: "reinit-impossible",
      does: "write",
    },
    {
      name: "nor in the place of one that has stopped",
      view: b({ record: { ...record, reinit: { b: "b1" } }, service: { ...stopped, ...nowhere } }),
      rule: "start",
      does: "work:start",
    },
    {
      name: "active from the first moment",
      view: a({ record: { ...record, open: false } }),
      rule: "open",
      does: "write",
    },
    { name: "active", view: a({}), rule: "steady", does: "" },
    {
      name: "while it stops it may still answer",
      view: a({ service: { ...active, state: "stopping" } }),
      rule: "finish-stop",
      does: "work:stop:kill alarm",
    },
    {
      name: "a standby is known by its agent",
      view: a({ record: asked, peers: heard }),
      rule: "switchover-prepare",
      does: "work:prepare-stop",
    },
    {
      name: "not by what it told a lease ago",
      view: a({ record: asked, peers: { b: { ...heard.b, heardAtMs: 98_000 } } }),
      rule: "switchover-impossible",
      does: "write",
    },
    {
      name: "its checks fail, and b is well",
      view: a({ health: "down", peers: heard }),
      rule: "unhealthy",
      does: "work:stop:clean",
    },
    {
      name: "its checks fail, and b is not",
      view: a({ health: "down", peers: { b: { ...heard.b, report: report({ health: "down" }) } } }),
      rule: "steady",
      does: "",
    },
  ]);
});
