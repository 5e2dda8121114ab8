import type { Summary } from "../../takeover/summary.ts";

/** The figures of one system in one fault: the fields of the JSON file. */
export interface Compared extends Summary {
  /** `ours` or the title of Patroni's settings. */
  readonly system: string;
}

const HEAD = ["fault", "system", "runs", "gap p50", "gap max", "lost", "twice", "two primaries", "takeovers"];
/** Columns of words; the others are figures and stand at the right. */
const WORDS = 2;

/** A line for each system in each fault, problems below. Gaps and times with two primaries are in milliseconds. */
export function comparisonOf(all: readonly Compared[]): string {
  const rows = [HEAD, ...all.map(rowOf)];
  const widths = HEAD.map((_, column) => Math.max(...rows.map((row) => (row[column] ?? "").length)));
  const cellOf = (cell: string, i: number): string =>
    i < WORDS ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0);
  const lines = rows.map((row) => row.map(cellOf).join("  ").trimEnd());
  const problems = all.flatMap((one) => one.problems.map((problem) => `${one.fault}, ${one.system}: ${problem}`));
  return [...lines, ...problems].join("\n");
}

function rowOf({ fault, system, gapMs, each, lost, duplicated, twoPrimariesMs, takeovers }: Compared): string[] {
  const figures = [gapMs.p50, gapMs.max, lost, duplicated, twoPrimariesMs ?? 0, takeovers];
  return [fault, system, String(each.length), ...figures.map((figure) => String(Math.round(figure)))];
}
