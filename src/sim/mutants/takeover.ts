import { TRIO_LOST } from "../../model/small-worlds.ts";
import { inModel, mutant, type Mutant } from "./mutant.ts";

const { CANDIDATE, TAKING, RULE, RECORD } = {
  CANDIDATE: "core/candidate.ts",
  TAKING: "core/taking-over.ts",
  RULE: "core/commit-rule.ts",
  RECORD: "core/record.ts",
} as const;

const STOP_RECEIVING = `  if (service.receiving !== null) return verdict("stop-receiving", reason, work({ do: "seal" }));`;

/** Rules 4 to 6: why, seal, take. */
export const TAKEOVER: readonly Mutant[] = [
  mutant(
    "skip-seal",
    "5: a member seals before it takes",
    TAKING,
    STOP_RECEIVING,
    `  if (mine === undefined && record.primary !== null) {
    const position = service.position ?? { term: record.term, offset: service.offset ?? 0 };
    const copy = { member: me, incarnation: service.incarnation };
    const declared = { ...seal(record, copy, position, reason), rev: record.rev };
    return taking({ ...view, record: declared }, declared, reason);
  }
${STOP_RECEIVING}`,
  ),
  mutant(
    "seal-while-receiving",
    "5: the receiver has stopped before the seal is written",
    TAKING,
    STOP_RECEIVING,
    `  if (mine === undefined) {
    const position = { term: record.term, offset: service.offset ?? 0 };
    const copy = { member: me, incarnation: service.incarnation };
    return verdict("seal", reason, write(seal(record, copy, position, reason), "sealed"));
  }
${STOP_RECEIVING}`,
    {
      faults: [
        "messages get lost",
        "cut off from one peer",
        "cut off from its peers",
        "store is slow each time for one",
        "store is slow",
        "agents of all are stopped shortly",
        "server dies",
      ],
    },
  ),
  mutant(
    "receive-while-sealed",
    "5: a seal is taken back before anything is received again",
    "core/following.ts",
    "  if (record.sealed[me] !== undefined) return unsealing(view, record);\n",
    "",
    {
      faults: [
        "messages get lost",
        "cut off from one peer",
        "cut off from its peers",
        "server dies",
        "host loses power",
        "agent is stopped",
      ],
    },
  ),
  mutant(
    "quorum-off-by-one",
    "6: |of| - need + 1 of each rule have sealed",
    RULE,
    "met >= rule.of.length - rule.need + 1",
    "met >= rule.of.length - rule.need",
  ),
  mutant(
    "quorum-any",
    "6: |of| - need + 1 of each rule have sealed",
    RULE,
    "met >= rule.of.length - rule.need + 1",
    "met >= 1",
  ),
  mutant(
    "alone-is-met",
    "6: nobody meets the rule of a primary that goes on alone",
    RULE,
    "if (rule.need === 0) return false;",
    "if (rule.need === 0) return true;",
  ),
  mutant(
    "count-members",
    "6: a seal counts for the copy, not for the member",
    RULE,
    "const met = rule.of.filter((copy) => includesCopy(sealed, copy)).length;",
    "const met = rule.of.filter((copy) => sealed.some((s) => s.member === copy.member)).length;",
    {
      faults: ["an older copy is put back", "disk is lost", "server dies", "host loses power", "cut off from one peer"],
    },
  ),
  mutant(
    "one-rule-is-enough",
    "6: the seals meet every rule",
    CANDIDATE,
    "if (record.commit.every((rule) => meetsRule(rule, behind)))",
    "if (record.commit.some((rule) => meetsRule(rule, behind)))",
  ),
  mutant(
    "newest-rule-is-enough",
    "6: the seals meet every rule",
    CANDIDATE,
    "if (record.commit.every((rule) => meetsRule(rule, behind)))",
    "if (record.commit.slice(-1).every((rule) => meetsRule(rule, behind)))",
  ),
  mutant(
    "better-ones-count",
    "6: only those who are no better than the taker count for it",
    CANDIDATE,
    "dataCondition(view, order.slice(place))",
    "dataCondition(view, order)",
  ),
  mutant(
    "worst-takes",
    "6: the best one takes",
    CANDIDATE,
    "comparePositions(b.position, a.position) ||",
    "comparePositions(a.position, b.position) ||",
  ),
  mutant(
    "last-is-not-kept",
    "6: a take names the taker's copy as the one that holds everything",
    RECORD,
    "    last: me,\n",
    "    last: record.last,\n",
  ),
  mutant(
    "small-rule-at-take",
    "6: a take keeps the old commit rules",
    RECORD,
    "commit: withRule(record.commit, rule),\n    forks:",
    "commit: [rule],\n    forks:",
  ),
  inModel(
    "lease",
    mutant(
      "take-without-session-key",
      "6: a take by expiry compares the session's key",
      "core/decision.ts",
      "andHolder: true",
      "andHolder: false",
    ),
  ),
  mutant(
    "expiry-without-margin",
    "4: expired is what did not change for lease + margin",
    "core/expiry.ts",
    ">= timing.leaseMs + timing.marginMs",
    ">= timing.leaseMs - 2 * timing.marginMs",
    {
      faults: [
        "cut off from peers and store",
        "store is slow",
        "store is slow each time for one",
        "cut off from the store",
        "store does not answer",
      ],
      asynchronous: true,
    },
  ),
  mutant(
    "expiry-despite-gaps",
    "4: whoever was cut off has observed nothing",
    "core/expiry.ts",
    " && readAtMs - before.readAtMs <= timing.leaseMs / 3",
    "",
  ),
  mutant(
    "take-while-paused",
    "paused: nobody takes over by himself",
    TAKING,
    "if (record.paused !== null && !accepted && !handedOver) return null;",
    "",
  ),
  inModel(
    TRIO_LOST,
    mutant(
      "offsets-without-terms",
      "positions: a later term wins",
      "core/position.ts",
      "return a.term - b.term || a.offset - b.offset;",
      "return a.offset - b.offset;",
    ),
  ),
  mutant(
    "term-of-the-table",
    "positions: a term counts once an entry of it has arrived",
    "core/position.ts",
    "const fork = forks.findLast((f) => offset > f.offset);",
    "const fork = forks.at(-1);",
  ),
  mutant(
    "position-without-forks",
    "positions: the term is that of the last entry",
    "core/position.ts",
    "return { term: fork?.term ?? 0, offset };",
    "return { term: 0, offset };",
  ),
  mutant(
    "doubted-store-settled",
    "a store that shows less than was seen is not changed",
    "core/decide.ts",
    "view.unsettled && view.storeDoubt === null &&",
    "view.unsettled &&",
    { faults: ["store goes back", "agent dies", "agent dies", "server dies", "operator switches over"] },
  ),
  inModel(
    TRIO_LOST,
    mutant(
      "lost-answer-ignored",
      "5: after a lost answer another change has to win first",
      "core/decide.ts",
      "view.unsettled && view.storeDoubt === null &&",
      "view.nowMs < 0 &&",
    ),
  ),
];
