import type { FaultKind } from "./faults.ts";

/** Faults that belong together because one rule stands against all of them; drawn together they try it harder than chance does. */
export interface Theme {
  readonly name: string;
  /** The kind of group in which that rule matters; `null`: any. */
  readonly lossless: "strict" | "preferred" | "off" | null;
  readonly kinds: readonly FaultKind[];
}

/** Of the seeds so many have a theme. */
export const THEMED = 0.4;

export const THEMES: readonly Theme[] = [
  {
    name: "takes by expiry: only clocks keep two primaries apart",
    lossless: "off",
    kinds: [
      "store is slow",
      "cut off from the store",
      "agent is stopped",
      "host is frozen",
      "answers of the store get lost",
      "isolated",
      "messages stray",
      "agent dies",
    ],
  },
  {
    name: "changes that arrive late, or whose answers never do",
    lossless: null,
    kinds: [
      "answers of the store get lost",
      "messages stray",
      "store is slow",
      "agent dies",
      "server dies",
      "operator switches over",
      "agent is stopped",
    ],
  },
  {
    name: "logs that differ at their ends",
    lossless: "strict",
    kinds: [
      "server dies",
      "host loses power",
      "disk is slow",
      "cut off from its peers",
      "cut off from one peer",
      "replay is held up",
      "agent is gone for a while",
      "main process of the server dies",
    ],
  },
  {
    name: "rules that change while members come and go",
    lossless: "preferred",
    kinds: [
      "cut off from one peer",
      "cut off from its peers",
      "host loses power",
      "server is stopped",
      "server dies",
      "agent dies",
      "operator wants a new copy",
      "operator switches over",
    ],
  },
];
