import type { Bounds } from "./space.ts";

/** Where one rule that is taken out is missed soon: worlds of some ten thousand states, the lease, and promises. */
export type Where = Bounds | Apart;

/** What is explored apart, in discrete time. */
export type Apart = "lease" | "promises";

/** A pair in which one of one must have a write. */
export const PAIR: Bounds = {
  name: "pair",
  about: "two members",
  members: 2,
  need: 1,
  lossless: "strict",
  terms: 3,
  most: { writes: 1, crashes: 1, ruleChanges: 1 },
};

export const TRIO: Bounds = {
  name: "trio",
  about: "three members, one other must have a write",
  members: 3,
  need: 1,
  lossless: "strict",
  terms: 3,
  most: { writes: 1, ruleChanges: 2 },
};

/** Both others must have a write, and a member may be cut off from the store. */
export const TRIO_CUT: Bounds = { ...TRIO, name: "trio, need 2, cut off", need: 2, most: { cuts: 1 } };

/** An answer of the store may get lost. */
export const TRIO_LOST: Bounds = { ...TRIO, name: "trio, a lost answer", most: { writes: 1, lost: 1 } };

export const ASYNC: Bounds = {
  name: "asynchronous pair",
  about: "two members, nothing waits for the other",
  members: 2,
  need: 0,
  lossless: "off",
  terms: 3,
  most: { writes: 1, lapses: 1, lostGuards: 1, stops: 1, crashes: 1 },
};
