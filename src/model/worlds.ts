import type { Bounds } from "./space.ts";

/** What is explored, and how many states at most. */
export interface World extends Bounds {
  readonly limit: number;
}

const QUICK_LIMIT = 1_500_000;
/** What fits into 6 GB. */
const FULL_LIMIT = 9_000_000;

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
    most: { writes: 1, crashes: 1, lapses: 1, lostGuards: 1, stops: 1 },
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

const bigPair = { ...pair, limit: FULL_LIMIT } as const;
const bigTrio = { ...trio, limit: FULL_LIMIT } as const;

/** Visited with the full check, beside the quick ones; some minutes. */
export const FULL_WORLDS: readonly World[] = [
  {
    ...bigPair,
    name: "pair, all at once",
    about: "strict: crashes, restarted agents and lost answers together",
    lossless: "strict",
    terms: 3,
    most: { writes: 1, crashes: 1, restarts: 1, lost: 1, ruleChanges: 1 },
  },
  {
    ...bigPair,
    name: "pair, new lives",
    about: "preferred: agents that restart and adopt, leases that end",
    lossless: "preferred",
    terms: 3,
    most: { writes: 1, restarts: 1, lapses: 1, lost: 1, ruleChanges: 1 },
  },
  {
    ...bigPair,
    name: "pair, asynchronous, all",
    about: "switchovers, restarted agents, lost answers",
    need: 0,
    lossless: "off",
    terms: 3,
    most: { writes: 1, restarts: 1, lost: 1, lapses: 1, switchovers: 1 },
  },
  {
    ...bigPair,
    name: "pair, cut off",
    about: "strict: members that go by an old record",
    lossless: "strict",
    terms: 3,
    most: { writes: 1, crashes: 2, cuts: 1, ruleChanges: 2 },
  },
  {
    ...bigPair,
    name: "pair, operators",
    about: "preferred: switchovers and copies made anew",
    lossless: "preferred",
    terms: 3,
    most: { writes: 1, crashes: 1, switchovers: 1, reinits: 1, ruleChanges: 2 },
  },
  {
    ...bigTrio,
    name: "trio, crashes and rules",
    about: "strict: rule changes around takeovers",
    lossless: "strict",
    terms: 3,
    most: { writes: 1, crashes: 1, ruleChanges: 1 },
  },
  {
    ...bigTrio,
    name: "trio, all at once",
    about: "strict: crashes, restarted agents and lost answers around a takeover",
    lossless: "strict",
    terms: 2,
    most: { writes: 1, crashes: 1, restarts: 1, lost: 1 },
  },
  {
    ...bigTrio,
    name: "trio, asynchronous",
    about: "takes by expiry",
    need: 0,
    lossless: "off",
    terms: 3,
    most: { writes: 1, crashes: 1, lapses: 1 },
  },
  {
    ...bigTrio,
    name: "trio, rules",
    about: "strict: two rule changes, two takeovers",
    lossless: "strict",
    terms: 3,
    most: { writes: 1, ruleChanges: 2 },
  },
  {
    ...bigTrio,
    name: "trio, two of two",
    about: "strict: both others must have a write",
    need: 2,
    lossless: "strict",
    terms: 3,
    most: { writes: 1, ruleChanges: 1 },
  },
  {
    ...bigTrio,
    name: "trio, alone after a crash",
    about: "preferred: one of two, alone, and back",
    lossless: "preferred",
    terms: 2,
    most: { writes: 1, crashes: 1, ruleChanges: 3 },
  },
  {
    ...bigTrio,
    name: "trio, going on alone",
    about: "preferred: two takeovers",
    lossless: "preferred",
    terms: 3,
    most: { writes: 1, ruleChanges: 2 },
  },
  {
    ...bigTrio,
    name: "trio, fewer than wished",
    about: "preferred: both others, one of them, none",
    need: 2,
    lossless: "preferred",
    terms: 2,
    most: { writes: 1, ruleChanges: 2 },
  },
  {
    ...bigTrio,
    name: "trio, new lives",
    about: "strict: agents that restart",
    lossless: "strict",
    terms: 3,
    most: { writes: 1, restarts: 1 },
  },
  {
    ...bigTrio,
    name: "trio, lost answers",
    about: "strict",
    lossless: "strict",
    terms: 3,
    most: { writes: 1, lost: 1, ruleChanges: 1 },
  },
  {
    ...bigTrio,
    name: "trio, cut off",
    about: "strict: members that go by an old record, and a crash",
    lossless: "strict",
    terms: 2,
    most: { writes: 1, crashes: 1, cuts: 1 },
  },
  {
    ...bigTrio,
    name: "trio, switchover",
    about: "strict",
    lossless: "strict",
    terms: 2,
    most: { writes: 1, switchovers: 1, ruleChanges: 1 },
  },
  {
    ...bigTrio,
    name: "trio, copies made anew",
    about: "strict",
    lossless: "strict",
    terms: 3,
    most: { writes: 1, reinits: 1, ruleChanges: 1 },
  },
  {
    name: "five",
    about: "strict: two of four must have a write",
    members: 5,
    need: 2,
    lossless: "strict",
    limit: FULL_LIMIT,
    terms: 2,
    most: { writes: 1 },
  },
];
