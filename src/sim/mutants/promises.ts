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
    "{ term: null, untilMs: clock.nowMs() + PROMISE_MS };",
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
      faults: [],
      story: [
        ["store does not answer", 1000, 9000, 0],
        ["agent is stopped", 3300, 480, -1],
        ["heartbeats alone are cut off", 3320, 3000, 1, 0.6],
        ["heartbeats alone are cut off", 3320, 3000, 2, 0.6],
      ],
    },
  ),
  mutant(
    "promise-while-sealed",
    "12: whoever has sealed does not promise",
    PROMISE,
    "!isBusy && record.sealed[me] === undefined &&",
    "!isBusy &&",
    {
      faults: [],
      story: [
        ["cut off from the store", 1000, 5000, -1],
        ["cut off from one peer", 1000, 900, -1, 0.1],
      ],
    },
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
    "promise-by-the-record-before",
    "12: promises count under what was sent, too",
    "core/holding.ts",
    "[record, ...sent].map(",
    "[record].map(",
    {
      asynchronous: true,
      faults: [],
      story: [
        ["operator changes the configuration", 500, 3000, 1, 0.2],
        ["store is slow", 3400, 6000, -1, 0.3],
      ],
    },
  ),
];
