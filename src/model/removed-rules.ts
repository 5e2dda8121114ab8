import type { Mutation } from "./mutation.ts";
import { ASYNC, PAIR, TRIO, TRIO_CUT, TRIO_LOST, type Where } from "./small-worlds.ts";

/** A rule of `docs/protocol.md` taken out of the production code, and where that does harm. */
export interface RemovedRule extends Mutation {
  /** Where to look for the harm. */
  readonly where: Where;
}

/** In the order of the rules. */
export const REMOVED_RULES: readonly RemovedRule[] = [
  {
    name: "1",
    rule: "1: acts only while its lease runs",
    file: "core/as-holder.ts",
    find: "if (mine && holdsForMs <= 0 && !gone) return ending(",
    replace: "if (view.nowMs < 0) return ending(",
    where: ASYNC,
  },
  {
    name: "1-sent",
    rule: "1: the lease counts from when its renewal was sent",
    file: "model/lease/lease-space.ts",
    find: "prolonged(endsAt, renewal.sentAt, TIMING)",
    replace: "prolonged(endsAt, now, TIMING)",
    where: "lease",
  },
  {
    name: "1-margin",
    rule: "1: the holder stops a margin before its lease ends",
    file: "core/lease.ts",
    find: "sentAtMs + leaseMs - marginMs",
    replace: "sentAtMs + leaseMs",
    where: "lease",
  },
  {
    name: "1-record",
    rule: "1: a renewal compares the held record",
    file: "model/lease/holder.ts",
    find: "return recordStillNamesIt;",
    replace: "return recordStillNamesIt || true;",
    where: "lease",
  },
  {
    name: "2",
    rule: "2: the guard is armed before the promotion",
    file: "core/as-holder.ts",
    find: "arm(view, record),\n    work(action),",
    replace: "work(action),",
    where: ASYNC,
  },
  {
    name: "3",
    rule: "3: whoever loses the term stops",
    file: "core/as-standby.ts",
    find: 'return verdict("superseded", because, endForGood(because));',
    replace: 'return verdict("superseded", because);',
    where: { ...PAIR, most: {} },
  },
  {
    name: "4",
    rule: "4: expired is what did not change for lease + margin",
    file: "core/expiry.ts",
    find: ">= timing.leaseMs + timing.marginMs",
    replace: ">= timing.leaseMs",
    where: "lease",
  },
  {
    name: "4-key",
    rule: "4, 6: a take by expiry compares the session's key",
    file: "core/decision.ts",
    find: "andHolder: true",
    replace: "andHolder: false",
    where: "lease",
  },
  {
    name: "5-order",
    rule: "5: the receiver has stopped before the seal is written",
    file: "core/taking-over.ts",
    find: `  if (service.receiving !== null) return verdict("stop-receiving", reason, work({ do: "seal" }));
  if (service.position === null)
    return verdict("waiting", "it has stopped receiving, and what it received is still being read", again(SOON_MS));
  if (!sealed) {
    const copy = { member: me, incarnation: service.incarnation };
    return verdict("seal", reason, write(seal(record, copy, service.position, reason), "sealed"));
  }`,
    replace: `  if (mine === undefined) {
    const copy = { member: me, incarnation: service.incarnation };
    const position = { term: record.term, offset: service.offset ?? 0 };
    return verdict("seal", reason, write(seal(record, copy, position, reason), "sealed"));
  }
  if (service.receiving !== null) return verdict("stop-receiving", reason, work({ do: "seal" }));
  if (service.position === null) return verdict("waiting", "", again(SOON_MS));`,
    where: TRIO,
  },
  {
    name: "5-undo",
    rule: "5: a seal is taken back before anything is received again",
    file: "core/following.ts",
    find: "if (record.sealed[me] !== undefined) return unsealing(view, record);",
    replace: "",
    where: TRIO,
  },
  {
    name: "5-lost",
    rule: "5: after a lost answer another change has to win first",
    file: "core/decide.ts",
    find: "view.unsettled && view.storeDoubt === null &&",
    replace: "view.nowMs < 0 &&",
    where: TRIO_LOST,
  },
  {
    name: "6-best",
    rule: "6: only the best of those that meet the rules takes",
    file: "core/candidate.ts",
    find: "dataCondition(view, order.slice(place))",
    replace: "dataCondition(view, order)",
    where: TRIO,
  },
  {
    name: "6-quorum",
    rule: "6: the sealed meet every commit rule",
    file: "core/commit-rule.ts",
    find: "met >= rule.of.length - rule.need + 1",
    replace: "met >= 1",
    where: TRIO,
  },
  {
    name: "6-keep",
    rule: "6: a take keeps the old commit rules",
    file: "core/record.ts",
    find: "commit: withRule(record.commit, rule),\n    forks:",
    replace: "commit: [rule],\n    forks:",
    where: TRIO,
  },
  {
    name: "7",
    rule: "7: promoted only by a record that was read again",
    file: "core/as-holder.ts",
    find: 'if (!view.fresh) return verdict("waiting", "the record could not be read again");',
    replace: "",
    where: TRIO_CUT,
  },
  {
    name: "8",
    rule: "8: opens when the term's first entry is acknowledged",
    file: "core/as-primary.ts",
    find: "if (!record.open && met) {",
    replace: "if (!record.open) {",
    where: PAIR,
  },
  {
    name: "9-joint",
    rule: "9: a new commit rule stands beside the old one first",
    file: "core/record.ts",
    find: "return changed(record, because, { commit: withRule(record.commit, rule) });",
    replace: "return changed(record, because, { commit: [rule] });",
    where: { ...TRIO, terms: 2 },
  },
  {
    name: "9-catch-up",
    rule: "9: the old rule goes when the new one's copies have caught up",
    file: "core/as-primary.ts",
    find: "Math.max(service.firstOffset ?? Infinity, service.ruleOffset)",
    replace: "service.firstOffset ?? Infinity",
    where: TRIO,
  },
  {
    name: "9-force",
    rule: "9: the old rule goes when the new one is in force",
    file: "core/as-primary.ts",
    find: "  if (!inForce)\n",
    replace: "  if (!inForce && record.commit.length < 2)\n",
    where: TRIO,
  },
  {
    name: "10",
    rule: "10: a copy leaves every rule before it is replaced",
    file: "core/as-standby.ts",
    find: 'if (counted && service.state === "stopped")',
    replace: "if (counted && view.nowMs < 0)",
    where: { ...PAIR, most: { writes: 1, crashes: 1, reinits: 1 } },
  },
  {
    name: "11",
    rule: "11: vacates only when its service is confirmed to be over",
    file: "core/as-holder.ts",
    find: "if (gone || hasWrittenItsEnd(view)) return ended(view, record);",
    replace: 'if (gone || hasWrittenItsEnd(view) || view.work?.action.do === "stop") return ended(view, record);',
    where: ASYNC,
  },
  {
    name: "12-word",
    rule: "12: whoever has promised does not seal or take before that is over",
    file: "core/promise.ts",
    find: "return counts ? Math.max(0, promise.untilMs - nowMs) : 0;",
    replace: "return counts ? 0 : 0;",
    where: "promises",
  },
  {
    name: "12-life",
    rule: "12: a new life of an agent keeps what an earlier one may have promised",
    file: "core/promise.ts",
    find: "promise.term === null || promise.term === record.term",
    replace: "promise.term === record.term",
    where: "promises",
  },
  {
    name: "12-asked",
    rule: "12: a promise counts from when it was asked for",
    file: "model/lease/promise-space.ts",
    find: "reliedOnUntilMs(word.askedAt * TICK_MS,",
    replace: "reliedOnUntilMs(now * TICK_MS,",
    where: "promises",
  },
  {
    name: "12-margin",
    rule: "12: a primary stops relying on a promise a margin before it ends",
    file: "core/promise.ts",
    find: "PROMISE_MS / 5",
    replace: "PROMISE_MS / 10",
    where: "promises",
  },
];
