import { ASYNC, TRIO_CUT } from "../../model/small-worlds.ts";
import { inModel, mutant, type Mutant } from "./mutant.ts";

const { HOLDER, PRIMARY, RECORD } = {
  HOLDER: "core/as-holder.ts",
  PRIMARY: "core/as-primary.ts",
  RECORD: "core/record.ts",
} as const;

/** Rules 1 to 3 and 7 to 9: promote, open, change the commit rule, give the term up. */
export const TERM: readonly Mutant[] = [
  inModel(
    ASYNC,
    mutant(
      "lapsed-goes-on",
      "1: acts only while its lease runs",
      HOLDER,
      "if (mine && holdsForMs <= 0 && !gone) return ending(",
      "if (mine && holdsForMs <= 0 && view.nowMs < 0) return ending(",
    ),
  ),
  mutant(
    "act-without-adopting",
    "1: acts only in the session that the record names",
    HOLDER,
    "const mine = record.session === view.session;",
    'const mine = record.session === view.session || service.state === "primary";',
  ),
  mutant(
    "superseded-goes-on",
    "3: whoever loses the term stops",
    "core/as-standby.ts",
    'return verdict("superseded", because, endForGood(because));',
    'return verdict("superseded", because);',
  ),
  mutant(
    "promote-unguarded",
    "2: the guard is armed before the promotion",
    HOLDER,
    "    arm(view, record),\n    work(action),",
    "    work(action),",
    {
      faults: [
        "agent is stopped",
        "agents of all are stopped shortly",
        "server dies",
        "agent is gone for a while",
        "operator switches over",
      ],
      traps: true,
      asynchronous: true,
    },
  ),
  inModel(
    TRIO_CUT,
    mutant(
      "promote-by-what-was-read",
      "7: promoted only by a record that was read again",
      HOLDER,
      '  if (!view.fresh) return verdict("waiting", "the record could not be read again");\n',
      "",
    ),
  ),
  mutant(
    "seal-before-promotion",
    "6: a primary does not seal itself between take and promotion",
    HOLDER,
    '  if (!view.fresh) return verdict("waiting", "the record could not be read again");\n',
    `  if (!view.fresh) return verdict("waiting", "the record could not be read again");
  if (record.sealed[view.me] === undefined && service.position !== null && service.incarnation !== null) {
    const own = { incarnation: service.incarnation, position: service.position };
    const next = { ...record, rev: record.rev + 1, sealed: { ...record.sealed, [view.me]: own } };
    return verdict("seal", "it seals itself", write(next, "sealed"));
  }
`,
  ),
  mutant(
    "open-at-once",
    "8: opens when the term's first entry is acknowledged",
    PRIMARY,
    "if (!record.open && met) {",
    "if (!record.open) {",
  ),
  mutant(
    "open-by-any-offset",
    "8: opens when the term's first entry is acknowledged",
    PRIMARY,
    "follower.term === term && follower.offset >= offset",
    "follower.term === term",
    { faults: ["disk is slow", "disk is slow", "server dies", "host loses power", "disk is lost", "server dies"] },
  ),
  mutant(
    "rule-replaced",
    "9: a new commit rule stands beside the old one first",
    RECORD,
    "return changed(record, because, { commit: withRule(record.commit, rule) });",
    "return changed(record, because, { commit: [rule] });",
  ),
  mutant(
    "alone-is-forgotten",
    "9: going on alone is a rule too, and goes like any other",
    RECORD,
    "return changed(record, because, { commit: withRule(record.commit, rule) });",
    "return changed(record, because, { commit: withRule(record.commit.filter((r) => r.need > 0), rule) });",
  ),
  mutant(
    "rule-dropped-without-copies",
    "9: the old rule goes when enough have what was written before",
    PRIMARY,
    "if (record.commit.length > 1 && met) {",
    "if (record.commit.length > 1) {",
  ),
  mutant(
    "rule-dropped-by-first-entry",
    "9: the old rule goes when enough have what was written before",
    PRIMARY,
    "Math.max(service.firstOffset ?? Infinity, service.ruleOffset)",
    "service.firstOffset ?? Infinity",
    {
      faults: [
        "disk is slow",
        "disk is slow",
        "cut off from one peer",
        "server dies",
        "disk is lost",
        "server is stopped",
      ],
    },
  ),
  mutant(
    "rule-dropped-before-force",
    "9: the old rule goes when the new one is in force",
    PRIMARY,
    "  if (!inForce)\n",
    "  if (!inForce && record.commit.length < 2)\n",
  ),
  mutant(
    "other-terms-acknowledge",
    "positions: a standby that has not noted the term is not counted",
    PRIMARY,
    "follower.term === term && follower.offset >= offset",
    "follower.offset >= offset",
    {
      faults: [
        "agent is stopped",
        "agent is gone for a while",
        "server dies",
        "disk is slow",
        "host loses power",
        "agents of all are stopped shortly",
      ],
      traps: true,
    },
  ),
  mutant(
    "streams-counted",
    "positions: a member counts once, however many connections it has",
    "core/desired-rule.ts",
    "return oncePerMember(view, streaming);",
    "return streaming.map(({ member, incarnation }) => ({ member, incarnation }));",
    {
      faults: [
        "its link flaps",
        "its link flaps",
        "agent is asked to leave",
        "cut off from one peer",
        "host loses power",
      ],
    },
  ),
  mutant(
    "other-terms-join",
    "positions: a standby that has not noted the term is not counted",
    "core/desired-rule.ts",
    "(f) => f.streaming && f.term === record.term && of.includes(f.member)",
    "(f) => f.streaming && of.includes(f.member)",
    {
      faults: [
        "agent is stopped",
        "agent is gone for a while",
        "server dies",
        "disk is slow",
        "host loses power",
        "agents of all are stopped shortly",
      ],
      traps: true,
    },
  ),
  mutant(
    "vacate-while-stopping",
    "11: vacates only when its service is over",
    HOLDER,
    'return settings.hasData && service.state === "stopping" && service.position !== null;',
    'return service.state === "stopping" || service.state === "hung";',
  ),
  mutant(
    "vacate-while-ending",
    "11: vacates only when its service is over",
    HOLDER,
    "if (gone || hasWrittenItsEnd(view)) return ended(view, record);",
    'if (gone || hasWrittenItsEnd(view) || view.work?.action.do === "stop") return ended(view, record);',
    {
      faults: ["disk is slow", "checks fail", "agent is asked to leave", "guard dies", "cut off from the store"],
      asynchronous: true,
    },
  ),
  mutant(
    "vacate-at-the-fork",
    "11: a crashed primary vacates without its position",
    HOLDER,
    'write(vacate(record, view.service.position, because), "vacated")',
    'write(vacate(record, view.service.position ?? record.forks.at(-1) ?? null, because), "vacated")',
  ),
];
