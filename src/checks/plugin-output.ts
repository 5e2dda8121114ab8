import type { Metric } from "./check.ts";

/** What a monitoring plugin said. */
export interface PluginOutput {
  /** The first line, without the figures; `""`: nothing. */
  readonly text: string;
  readonly metrics: readonly Metric[];
}

/** Longer texts are cut off: they are for one line. */
const MAX_LETTERS = 300;

/** More figures than that are left out. */
const MAX_METRICS = 100;

/** Reads the first line of a plugin's output: a text, and behind `|` its figures. */
export function readPluginOutput(output: string): PluginOutput {
  const [line = ""] = output.trimStart().split("\n", 1);
  const bar = line.indexOf("|");
  const text = (bar < 0 ? line : line.slice(0, bar)).replaceAll(/\p{Cc}+/gu, " ").trim();
  const metrics = bar < 0 ? [] : readMetrics(line.slice(bar + 1));
  return { text: text.length > MAX_LETTERS ? `${text.slice(0, MAX_LETTERS)}…` : text, metrics };
}

/** Name, value and unit, then limits that are of no interest here: `'a name'=1.5s;2;3;0;10`. */
const METRIC = /(?:'((?:[^']|'')+)'|([^\s='|]+))=(-?\d*[.,]?\d+(?:e[-+]?\d+)?)([^\s;\d]*)(?:;\S*)?/gi;

function readMetrics(text: string): readonly Metric[] {
  const metrics: Metric[] = [];
  for (const [, quoted, bare = "", value = "", unit = ""] of text.matchAll(METRIC)) {
    if (metrics.length === MAX_METRICS) break;
    const name = quoted?.replaceAll("''", "'") ?? bare;
    metrics.push({ name, value: Number(value.replace(",", ".")), unit });
  }
  return metrics;
}
