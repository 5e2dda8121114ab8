import { faults, type FaultName } from "./faults.ts";
import type { Options } from "./options.ts";
import { runFault, runSoak, type Series } from "./run-fault.ts";
import { byFault, progressOf, writeJson } from "./report.ts";
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
    await writeJson(options.json, content);
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
