import { byFault, progressOf, writeJson } from "../takeover/report.ts";
import { isGood, summarize, type Summary } from "../takeover/summary.ts";
import { table } from "../takeover/table.ts";
import type { Lan } from "../../test/hosts/lan.ts";
import type { Deployment } from "./deployment.ts";
import { hostFaults, type HostFaultName } from "./faults.ts";
import type { HostsOptions } from "./options.ts";
import { OurDeployment } from "./our-deployment.ts";
import { MEMBERS } from "./place.ts";
import { runSeries } from "./run-series.ts";

/** Runs what is asked for, prints a table, writes the figures. Resolves to whether all was good. */
export async function benchHosts(options: HostsOptions): Promise<boolean> {
  const names = options.fault === null ? (Object.keys(hostFaults) as HostFaultName[]) : [options.fault];
  const summaries: Summary[] = [];
  for (const name of names) summaries.push(...(await summariesOf(name, options)));
  process.stdout.write(`Longest gap between acknowledged commits, in milliseconds\n\n${table(summaries)}\n`);
  if (options.json !== null) {
    const figures = byFault(summaries);
    await writeJson(options.json, options.fault === null ? figures : figures[0]);
  }
  return summaries.every(isGood);
}

async function summariesOf(name: HostFaultName, options: HostsOptions): Promise<Summary[]> {
  const { runs, lease, dataHosts, outageMs, logs } = options;
  const fault = hostFaults[name];
  const count = runs ?? fault.runs;
  const settings = { name, fault, count, outageMs: outageMs ?? fault.outageMs, logs, progress: progressOf(name) };
  const all: Summary[] = [];
  for (const wanted of fault.modes) {
    const mode = wanted === "strict" && dataHosts < MEMBERS.length ? "preferred" : wanted;
    const deploy = (lan: Lan): Deployment => new OurDeployment(lan, mode, lease, MEMBERS.slice(0, dataHosts));
    all.push(summarize(name, count, await runSeries({ ...settings, mode, deploy }), fault.limits));
  }
  return all;
}
