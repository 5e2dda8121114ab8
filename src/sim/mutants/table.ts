import type { Find } from "./hunt.ts";
import type { Mutant } from "./mutant.ts";

/** The checks' sentences in a few words, for a table; a sentence that is not here is cut. */
const IN_SHORT: readonly (readonly [begins: string, short: string])[] = [
  ["at most one member acknowledges", "one acknowledger"],
  ["no acknowledged write is missing", "nothing lost"],
  ["what a client of the proxy has read", "nothing seen lost"],
  ["a read through the proxy shows", "fresh reads"],
  ["terms only grow", "terms grow"],
  ["the commit rule never weakens", "commit rules"],
  ["the last copy", "last copy"],
  ["while the group is paused", "paused"],
  ["no invariant of our own", "own invariant"],
  ["once nothing is wrong any more", "comes back (liveness)"],
];

const HEAD = ["mutant", "rule", "killed by", "seed", "seeds needed", "plans"] as const;

/** A line for each, and one for each that is spared. */
export function table(finds: readonly Find[], spared: readonly Mutant[]): string {
  const rows = [
    ...finds.map(({ mutant, what, seed, needed }) => [
      mutant.name,
      mutant.rule,
      what === null ? "NOBODY" : inShort(what),
      seed === null ? "" : String(seed),
      needed === null ? "" : String(needed),
      mutant.focus === null ? "" : "focused",
    ]),
    ...spared.map(({ name, rule, spared: why }) => [name, rule, `spared: ${why?.by ?? ""}`, "", "", ""]),
  ];
  const widths = HEAD.map((title, i) => Math.max(title.length, ...rows.map((row) => row[i]?.length ?? 0)));
  const line = (row: readonly string[]): string =>
    row
      .map((cell, i) => cell.padEnd(widths[i] ?? 0))
      .join("  ")
      .trimEnd();
  return [line(HEAD), line(widths.map((width) => "-".repeat(width))), ...rows.map(line)].join("\n");
}

/** Which check it was. */
export function inShort(what: string): string {
  return IN_SHORT.find(([begins]) => what.startsWith(begins))?.[1] ?? what.slice(0, 40);
}
