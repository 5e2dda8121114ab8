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
  ["whoever has sealed receives nothing", "seals"],
  ["a standby receives only", "own history"],
  ["what is acknowledged is on", "covered"],
  ["a copy is replaced only", "copies leave first"],
  ["who takes from a primary", "observed"],
  ["a lease counts from", "leases"],
  ["an agent decides by", "own beat"],
  ["a route leads to one place", "one place"],
  ["no invariant of our own", "own invariant"],
  ["once nothing is wrong any more", "comes back (liveness)"],
];

const HEAD = ["mutant", "rule", "killed by", "where", "after"] as const;

/** A line for each. */
export function table(finds: readonly Find[]): string {
  const rows = finds.map(({ mutant, what, ...found }) => [
    mutant.name,
    mutant.rule,
    what === null ? "NOBODY" : inShort(what),
    placeOf(mutant),
    what === null ? "" : howSoon(found),
  ]);
  const widths = HEAD.map((title, i) => Math.max(title.length, ...rows.map((row) => row[i]?.length ?? 0)));
  const line = (row: readonly string[]): string =>
    row
      .map((cell, i) => cell.padEnd(widths[i] ?? 0))
      .join("  ")
      .trimEnd();
  return [line(HEAD), line(widths.map((width) => "-".repeat(width))), ...rows.map(line)].join("\n");
}

function placeOf({ where, focus }: Mutant): string {
  if (where === null) return focus === null ? "simulator" : "simulator, focused";
  return `model, ${typeof where === "string" ? where : where.name}`;
}

function howSoon({ seed, needed, steps }: Pick<Find, "seed" | "needed" | "steps">): string {
  return seed === null ? `${steps} steps, ${needed} states` : `${needed} seeds, seed ${seed}`;
}

/** Which check it was. */
export function inShort(what: string): string {
  return IN_SHORT.find(([begins]) => what.startsWith(begins))?.[1] ?? what.slice(0, 48);
}
