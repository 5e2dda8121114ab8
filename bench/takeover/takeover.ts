import { writeFile } from "node:fs/promises";
import { describePhases } from "../../src/quickstart/takeover-phases.ts";
import { faults, type FaultName } from "./faults.ts";
import type { Options } from "./options.ts";
import { runFault, runSoak, type Series } from "./run-fault.ts";
import type { RunResult } from "./run-once.ts";
import { isGood, summarize, type Summary } from "./summary.ts";
import { table } from "./table.ts";

/** Runs what is asked for, prints a table, writes the figures. Resolves to whether all was good. */
export async function benchTakeover(options: Options): Promise<boolean> {
  const names = options.fault === null ? ([...Object.keys(faults), "soak"] as Options["fault"][]) : [options.fault];
  const summaries: Summary[] = [];
  for (const name of names) if (name !== null) summaries.push(...(await summariesOf(name, options)));
  process.stdout.write(`Longest gap between acknowledged commits, in milliseconds\n\n${table(summaries)}\n`);
  if (options.json !== null) {
    const figures = byFault(summaries);
    const content = options.fault === null ? figures : figures[0];
    await writeFile(options.json, `${JSON.stringify(content, null, 2)}\n`);
  }
  return summaries.every(isGood);
}

async function summariesOf(name: FaultName | "soak", options: Options): Promise<readonly Summary[]> {
  const settings = { parent: options.directory, keep: options.keep, progress: progressOf(name) };
  if (name !== "soak") {
    const runs = options.runs ?? faults[name].runs;
    const series = await runFault(name, runs, settings);
    return series.map((one) => summarize(name, runs, one, faults[name].limits));
  }
  process.stderr.write(`soak: ${options.takeovers} takeovers, seed ${options.seed}\n`);
  const all: Series[] = [];
  for (let run = 0; run < (options.runs ?? 1); run += 1)
    all.push(await runSoak(options.takeovers, options.seed + run, settings));
  return all.map((one) => summarize("soak", 1, one, {}));
}

/** A line a run, so that whoever waits sees how it goes. */
function progressOf(fault: string): (run: number, of: number, result: RunResult) => void {
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
function byFault(summaries: readonly Summary[]): readonly unknown[] {
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
