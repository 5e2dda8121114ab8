import { describePhases } from "../../src/quickstart/takeover-phases.ts";
import { isGood, promisesOf, type Summary } from "./summary.ts";

const HEAD = ["fault", "runs", "min", "p50", "p95", "max", "lost", "twice", "balance", "promised", "phases, median ms"];
/** Columns of words; the others are figures and stand at the right. */
const WORDS = new Set(["fault", "balance", "promised", "phases, median ms"]);

/** The summaries as a table: gaps in milliseconds, a line a fault, problems below. */
export function table(summaries: readonly Summary[]): string {
  const rows = [HEAD, ...summaries.map(rowOf)];
  const widths = HEAD.map((_, column) => Math.max(...rows.map((row) => (row[column] ?? "").length)));
  const lines = rows.map((row) =>
    row
      .map((cell, i) => (WORDS.has(HEAD[i] ?? "") ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0)))
      .join("  ")
      .trimEnd(),
  );
  return [...lines, ...summaries.flatMap(remarksOf)].join("\n");
}

function rowOf(summary: Summary): string[] {
  const { fault, mode, runs, gapMs, lost, duplicated, balanced } = summary;
  const gaps = [gapMs.min, gapMs.p50, gapMs.p95, gapMs.max].map((ms) => String(Math.round(ms)));
  const name = mode === "strict" ? fault : `${fault} (${mode})`;
  const counts = [String(lost), String(duplicated), balanced ? "kept" : "BROKEN"];
  return [name, String(runs), ...gaps, ...counts, promised(summary), describePhases(summary.phasesMs)];
}

/** `p50 150 ok, p95 400 over` */
function promised(summary: Summary): string {
  return promisesOf(summary)
    .map(({ figure, limit, isKept }) => `${figure} ${limit} ${isKept ? "ok" : "over"}`)
    .join(", ");
}

function remarksOf(summary: Summary): readonly string[] {
  const { fault, mode, takeovers, refused, twoPrimariesMs, perSecond, acknowledged, problems } = summary;
  const facts = [
    `${takeovers} takeovers`,
    `${acknowledged} commits at ${perSecond} a second`,
    ...(refused === null ? [] : [`${refused} refused connections`]),
    ...(twoPrimariesMs === null ? [] : [`two primaries for ${twoPrimariesMs} ms`]),
    ...(isGood(summary) ? [] : ["NOT GOOD"]),
  ];
  return [`${fault} (${mode}): ${facts.join(", ")}`, ...problems.map((problem) => `  ${problem}`)];
}
