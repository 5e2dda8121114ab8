import { CHANGE_ASKED } from "../step-names.ts";
import { mutant, type Mutant } from "./mutant.ts";

const { GROUP, SENT, SESSION, BOOK } = {
  GROUP: "agent/group-agent.ts",
  SENT: "agent/sent-changes.ts",
  SESSION: "agent/session-keeper.ts",
  BOOK: "guards/guard-book.ts",
} as const;

const LOST = "if (error instanceof UnknownOutcome) this.#sent.lostAnswer();";

/** The loop around the rules, the session and the guard. */
export const AGENT: readonly Mutant[] = [
  mutant(
    "lease-is-remembered",
    "1: the lease is compared with the clock at each use",
    GROUP,
    "leaseEndsAtMs: session.endsAtMs,",
    "leaseEndsAtMs: session.endsAtMs > 0 ? nowMs + settings.timing.leaseMs : 0,",
    {
      faults: ["cut off from peers and store", "cut off from the store", "store is slow each time for one"],
      asynchronous: true,
    },
  ),
  mutant(
    "lease-from-the-answer",
    "1: the lease counts from when its renewal was sent",
    SESSION,
    "prolonged(this.#endsAtMs, sentAtMs, timing)",
    "prolonged(this.#endsAtMs, clock.nowMs(), timing)",
    {
      faults: ["cut off from peers and store", "store is slow each time for one", "messages stray", "store is slow"],
    },
  ),
  mutant(
    "lapsed-session-renewed",
    "1: a lapsed session is never renewed",
    SESSION,
    "    this.#id = this.#context.newId();\n    this.#begun = false;",
    "    this.#begun = false;",
    {
      faults: ["agent is stopped", "store does not answer", "cut off from the store", "host is frozen"],
      asynchronous: true,
    },
  ),
  mutant("lost-answer-forgotten", "5: after a lost answer another change has to win first", GROUP, LOST, "", {
    faults: [],
    story: [
      ["messages stray", 500, 9000, 0, 1],
      ["its link flaps", 700, 9000, 1],
      ["its link flaps", 2000, 8000, 2],
    ],
  }),
  mutant(
    "lost-answer-repeated",
    "5: after a lost answer nothing is repeated",
    GROUP,
    LOST,
    `if (error instanceof UnknownOutcome) {
        const now = await store.read([key]).catch(() => []);
        const again = { expect: now.map(({ revision }) => ({ key, revision })), write: [{ key, value: JSON.stringify(effect.record) }] };
        if (now.length > 0) return store.transact(again).then((r) => r.applied, (e: unknown) => this.#survive(e));
      }`,
  ),
  mutant(
    "new-life-unsettled",
    "5: each life of an agent begins with a settling change",
    SENT,
    "#isUnsettled = true;\n  #isOutdated",
    "#isUnsettled = false;\n  #isOutdated",
    {
      faults: [],
      story: [["its link flaps", 1000, 900, 1]],
      traps: { step: CHANGE_ASKED, member: "b", how: "die and stray" },
    },
  ),
  mutant(
    "outdated-record-judged",
    "5: what was read before one's own change is not judged",
    SENT,
    "    this.#isOutdated = true;\n",
    "",
  ),
  mutant(
    "older-record-adopted",
    "a store that shows less than was seen is not believed",
    "agent/seen.ts",
    "if (record.term < seen.term || record.rev < seen.rev) {",
    "if (record.term < 0) {",
    { faults: ["store goes back", "server dies", "operator switches over", "agent dies", "host loses power"] },
  ),
  mutant(
    "emptied-store-believed",
    "a store that has lost the record is not believed",
    "agent/seen.ts",
    "    if (record === null)\n      return `The store has lost",
    "    if (record === null) return null;\n    if (record === undefined)\n      return `The store has lost",
    { faults: ["store was replaced by an empty one", "agent dies", "server dies", "host loses power"] },
  ),
  mutant(
    "changed-blindly",
    "the record is changed only by compare-and-set",
    GROUP,
    "const expect = [{ key, revision: this.#observed.revision }];",
    "const [now] = await store.read([key]).catch(() => []);\n    const expect = [{ key, revision: now?.revision ?? this.#observed.revision }];",
  ),
  mutant(
    "older-look-judged",
    "a look from before work ended is not judged",
    GROUP,
    '    if (this.#bench.changes !== changes) return "ended";\n',
    "",
    {
      faults: ["operator switches over", "disk is slow", "server dies", "actions of the service fail", "agent dies"],
      traps: true,
    },
  ),
  mutant(
    "older-read-judged",
    "7: a read that was under way before does not count",
    "agent/record-reader.ts",
    "    if (this.#pending !== null) return null;\n",
    "    if (this.#pending !== null) return this.#patiently(this.#pending);\n",
    { faults: ["store is slow", "store is slow each time for one", "messages stray", "server dies"] },
  ),
  mutant(
    "beats-overlap",
    "a beat ends before the next one begins",
    "agent/beat.ts",
    "this.#running ??= this.#loop();",
    "this.#running = this.#loop();",
  ),
  mutant(
    "older-work-ends-newer",
    "work that was pushed aside ends nothing",
    "agent/work-bench.ts",
    "    if (this.#current !== work) return;\n    this.#current = null;",
    "    this.#current = null;",
    {
      faults: [
        "disk is slow",
        "server is stopped",
        "server dies",
        "cut off from the store",
        "actions of the service fail",
      ],
    },
  ),
  mutant(
    "guard-opens-again",
    "2: a late renewal re-opens nothing",
    BOOK,
    "known && hasEnded(known, nowMs) ? known.untilMs : Math.max",
    "known && nowMs < 0 ? known.untilMs : Math.max",
    {
      faults: ["agent is stopped", "host is frozen", "store is slow each time for one", "cut off from the store"],
      asynchronous: true,
    },
  ),
  mutant(
    "guard-end-fixed",
    "2: each renewal moves the guard's end",
    BOOK,
    "Math.max(known?.untilMs ?? 0, untilMs)",
    "(known?.untilMs ?? untilMs)",
  ),
  mutant(
    "guard-looks-on",
    "2: the guard ends the service at the end of the lease",
    BOOK,
    "if (leftMs <= 0) return this.#fire(group, watch);",
    "if (leftMs <= 0) return;",
  ),
  mutant(
    "operator-changes-what-went-back",
    "a store that went back in time is changed by nobody",
    "agent/operation.ts",
    'if (doubt !== null) return { outcome: "refused", text: doubt };',
    "",
    { faults: ["store goes back", "operator pauses", "operator wants a new copy"] },
  ),
  mutant(
    "member-leaves-while-counted-on",
    "9: who goes is counted on by no rule any more",
    "core/desired-members.ts",
    "record.commit.some((rule) => rule.of.some((copy) => copy.member === member))",
    "false",
    { faults: ["operator changes the configuration", "server dies", "host loses power", "cut off from one peer"] },
  ),
];
