import { writeFile } from "node:fs/promises";
import { describePhases } from "../../src/quickstart/takeover-phases.ts";
import type { RunResult } from "./run-once.ts";
import type { Summary } from "./summary.ts";

/** A line a run, so that whoever waits sees how it goes. */
export function progressOf(fault: string): (run: number, of: number, result: RunResult) => void {
  return (run, of, { kind, gapMs, phases, verdict, findings, takeovers, backMs }) => {
    const name = kind === fault ? fault : `${fault} ${kind}`;
    const facts = [
      `gap ${Math.round(gapMs)} ms`,
      `lost ${verdict.lost}`,
      `twice ${verdict.duplicated}`,
      `${takeovers} takeovers`,
      `all back after ${(backMs / 1000).toFixed(1)} s`,
      ...(verdict.balanced ? [] : ["BALANCE BROKEN"]),
      ...findings.problems.map((problem) => `PROBLEM: ${problem}`),
    ];
    process.stderr.write(`${name} ${run}/${of}: ${facts.join(", ")} (${describePhases(phases)})\n`);
  };
}

/** One object a fault: a fault that was tried with both durabilities has the strict one's figures and the other's beside them. */
export function byFault(summaries: readonly Summary[]): readonly unknown[] {
  return [...new Set(summaries.map(({ fault }) => fault))].map((fault) => {
    const [first, ...others] = summaries.filter((summary) => summary.fault === fault) as [Summary, ...Summary[]];
    if (others.length === 0) return first;
    const all = [first, ...others];
    return {
      ...first,
      lost: all.reduce((total, one) => total + one.lost, 0),
      duplicated: all.reduce((total, one) => total + one.duplicated, 0),
      balanced: all.every((one) => one.balanced),
      problems: all.flatMap((one) => one.problems),
      others,
    };
  });
}

/** Writes figures to a file. */
export async function writeJson(file: string, figures: unknown): Promise<void> {
  await writeFile(file, `${JSON.stringify(figures, null, 2)}\n`);
}
