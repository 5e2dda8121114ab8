import { mutant, type Mutant } from "./mutant.ts";
import type { Focus } from "./focus.ts";

const PROMISE = "core/promise.ts";

/** The store is away, and others come and go. */
const OUTAGE: Focus = {
  faults: [
    "store does not answer",
    "cut off from the store",
    "store refuses",
    "answers of the store get lost",
    "agent dies",
    "server dies",
    "messages stray",
    "operator wants a new copy",
  ],
};

/** Rule 12: going on without the store. */
export const PROMISES: readonly Mutant[] = [
  mutant(
    "promise-not-kept",
    "12: whoever has promised neither seals nor takes before that is over",
    "core/taking-over.ts",
    "if (boundMs > 0)",
    "if (boundMs > 1e9)",
    OUTAGE,
  ),
  mutant(
    "promise-forgotten-by-a-new-life",
    "12: a new life of an agent keeps what an earlier one may have promised",
    "agent/group-agent.ts",
    "parts.heartbeats === null ? null : { term: null, untilMs: clock.nowMs() + PROMISE_MS };",
    "null;",
    {
      faults: [],
      story: [
        ["cut off from the store", 1000, 2200, -1],
        ["server dies", 3150, 500, -1],
        ["agent dies", 3100, 100, 1],
        ["agent dies", 3100, 100, 2],
      ],
    },
  ),
  mutant(
    "promise-counted-from-the-answer",
    "12: a promise counts from when it was asked for",
    "heartbeats/exchange.ts",
    "const askedAtMs = this.#sentAt(heardSequence);",
    "const askedAtMs = this.#setup.clock.nowMs();",
    {
      faults: [
        "messages stray",
        "store does not answer",
        "messages get lost",
        "agent is stopped",
        "cut off from the store",
      ],
    },
  ),
  mutant(
    "promise-while-unsettled",
    "12: nobody promises while a change of his own may still be on its way",
    PROMISE,
    "const isBusy = unsettled || ",
    "const isBusy = ",
    OUTAGE,
  ),
  mutant(
    "promise-of-one-is-enough",
    "12: as many must have promised as a commit rule asks for",
    PROMISE,
    "[need - 1]",
    "[0]",
    { ...OUTAGE, group: { members: 5, need: 2 } },
  ),
  mutant(
    "promise-of-an-older-copy",
    "12: a promise is one copy's",
    PROMISE,
    "(incarnation ?? p.incarnation) === p.incarnation",
    "true",
    OUTAGE,
  ),
  mutant(
    "promises-under-the-newest-rule-only",
    "12: under each commit rule enough must have promised",
    PROMISE,
    "const ends = record.commit.map(",
    "const ends = record.commit.slice(-1).map(",
    OUTAGE,
  ),
];
