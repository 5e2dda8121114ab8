import { mutant, type Mutant } from "./mutant.ts";

const FOLLOWING = "core/following.ts";

/** Rule 10, and the histories: when a copy may get worse, and when it must. */
export const COPIES: readonly Mutant[] = [
  mutant(
    "rewind-while-counted",
    "10: a copy leaves every rule before it gets worse",
    FOLLOWING,
    "if (!isNeeded && countedOn(view, record))",
    "if (!isNeeded && view.nowMs < 0)",
    {
      faults: [],
      group: { members: 6, need: 3 },
      story: [
        ["agent is gone for a while", 1000, 1600, 1],
        ["agent is gone for a while", 1000, 1600, 5],
        ["cut off from one peer", 1600, 700, 0, 0.8],
        ["server dies", 2050, 10, 0],
      ],
    },
  ),
  mutant(
    "rewind-while-closed",
    "10: no copy gets worse before the term is open",
    FOLLOWING,
    "if (!record.open && !isNeeded) return verdict(",
    "if (view.nowMs < 0) return verdict(",
    {
      faults: ["disk is slow", "disk is lost", "cut off from peers and store", "server dies", "host loses power"],
      traps: true,
    },
  ),
  mutant(
    "rewind-at-once",
    "10: a closed term waits 3 s before a copy gets worse for it",
    FOLLOWING,
    "return runs && view.nowMs - view.recordSinceMs >= CLOSED_MS;",
    "return true;",
    {
      faults: [
        "disk is lost",
        "cut off from its peers",
        "cut off from peers and store",
        "server dies",
        "host loses power",
      ],
    },
  ),
  mutant(
    "new-copy-while-counted",
    "10: a copy leaves every rule before it is replaced",
    "core/as-standby.ts",
    'if (counted && service.state === "stopped")',
    "if (counted && view.nowMs < 0)",
    {
      faults: [],
      story: [
        ["disk is slow", 500, 12000, 0, 0.9],
        ["operator wants a new copy", 1000, 10, 1],
        ["server dies", 1500, 10, 1],
      ],
    },
  ),
  mutant(
    "new-copy-while-sealed",
    "5: a seal is taken back before its data is replaced",
    "core/as-standby.ts",
    '  if (record.sealed[me] !== undefined)\n    return verdict(\n      "unseal",',
    '  if (record.sealed[me] !== undefined && view.nowMs < 0)\n    return verdict(\n      "unseal",',
    {
      faults: [],
      story: [
        ["its link flaps", 1000, 900, 1],
        ["operator wants a new copy", 1500, 10, 1],
        ["server dies", 1900, 10, 1],
      ],
    },
  ),
  mutant(
    "old-rules-do-not-count",
    "10: a copy leaves every rule before it gets worse",
    "core/record.ts",
    "return record.commit.some((rule) => includesCopy(rule.of, copy));",
    "return includesCopy(newest.of, copy);",
    { faults: ["disk is slow", "disk is lost", "operator wants a new copy", "cut off from one peer", "server dies"] },
  ),
  mutant(
    "new-copy-by-member",
    "10: a wish for a new copy names the one that is meant",
    FOLLOWING,
    "return view.settings.hasData && asked !== undefined && asked === view.service.incarnation;",
    "return asked !== undefined;",
  ),
  mutant(
    "never-diverged",
    "positions: what is not on the history is rewound first",
    "core/position.ts",
    "return next !== undefined && position.offset > next.offset;",
    "return false;",
  ),
  mutant(
    "foreign-term-is-no-divergence",
    "positions: a term that the history does not have has diverged",
    "core/position.ts",
    "  if (position.term !== 0 && !forks.some((f) => f.term === position.term)) return true;\n",
    "",
    {
      faults: [],
      asynchronous: true,
      story: [
        ["agent is gone for a while", 1000, 6000, 2],
        ["cut off from one peer", 1000, 7000, 1],
        ["server dies", 2400, 10, 0],
        ["host loses power", 3000, 9000, 1],
      ],
    },
  ),
  mutant(
    "fork-of-every-term",
    "positions: a take's history is what its own data has, and the new term",
    "core/record.ts",
    "const mine = forks.filter((fork) => fork.term <= position.term);",
    "const mine = forks;",
    {
      faults: [
        "cut off from peers and store",
        "cut off from its peers",
        "cut off from one peer",
        "server dies",
        "host loses power",
      ],
    },
  ),
];
