import type { Bounds } from "./space.ts";

/** What is explored, and how many states at most. */
export interface World extends Bounds {
  readonly limit: number;
}

const QUICK_LIMIT = 1_500_000;

const pair = { members: 2, need: 1, limit: QUICK_LIMIT } as const;
const trio = { members: 3, need: 1, limit: QUICK_LIMIT } as const;

/** Visited completely in well under a minute; run with every test. */
export const QUICK_WORLDS: readonly World[] = [
  {
    ...pair,
    name: "pair",
    about: "strict: crashes, restarted agents, lost answers",
    lossless: "strict",
    terms: 3,
    most: { writes: 1, crashes: 1, ruleChanges: 1, lost: 1 },
  },
  {
    ...pair,
    name: "pair, founding",
    about: "from the first record on",
    lossless: "strict",
    founding: true,
    terms: 3,
    most: { writes: 1, crashes: 1, ruleChanges: 2 },
  },
  {
    ...pair,
    name: "pair, going on alone",
    about: "preferred: alone and back",
    lossless: "preferred",
    terms: 3,
    most: { writes: 1, crashes: 1, ruleChanges: 3 },
  },
  {
    ...pair,
    name: "pair, asynchronous",
    about: "takes by expiry, guards that fire or are lost",
    need: 0,
    lossless: "off",
    terms: 3,
    most: { writes: 1, crashes: 1, lapses: 1, lostGuards: 1 },
  },
  {
    ...trio,
    name: "trio",
    about: "strict: takeovers and rule changes without faults",
    lossless: "strict",
    terms: 3,
    most: { writes: 1, ruleChanges: 1 },
  },
];

/** Visited with the full check, beside the quick ones. */
export const FULL_WORLDS: readonly World[] = [];
