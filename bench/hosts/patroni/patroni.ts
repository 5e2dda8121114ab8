import type { Lan } from "../../../test/hosts/lan.ts";
import { findPrograms } from "../../../src/services/postgres/programs.ts";
import { progressOf, writeJson } from "../../takeover/report.ts";
import { isGood, summarize } from "../../takeover/summary.ts";
import type { Deployment } from "../deployment.ts";
import { hostFaults } from "../faults.ts";
import { OurDeployment } from "../our-deployment.ts";
import { runSeries, type HostsSeriesSettings } from "../run-series.ts";
import { comparisonOf, type Compared } from "./comparison.ts";
import type { ComparedFault, PatroniOptions } from "./options.ts";
import { PatroniDeployment } from "./patroni-deployment.ts";
import { patroniSettings, type PatroniSettings } from "./patroni-settings.ts";

const OUR_LEASE = "2s";

/** One of the systems that are compared. */
interface System extends Pick<Compared, "system">, Pick<HostsSeriesSettings, "mode" | "deploy"> {}

/**
 * Puts ours and Patroni through the same faults, one after the other, prints a table, writes the figures. Resolves to whether all
 * of ours was good; Patroni's figures are told, not judged.
 */
export async function benchPatroni(options: PatroniOptions): Promise<boolean> {
  const { directory } = await findPrograms(null);
  const systems = [ours, ...options.settings.map((name) => patroni(patroniSettings[name], directory))];
  const all: Compared[] = [];
  for (const fault of options.faults) for (const system of systems) all.push(await compared(fault, system, options));
  process.stdout.write(`Longest gap between acknowledged commits, in milliseconds\n\n${comparisonOf(all)}\n`);
  if (options.json !== null) await writeJson(options.json, all);
  return all.filter(({ system }) => system === "ours").every(isGood);
}

const ours: System = {
  system: "ours",
  mode: "strict",
  deploy: (lan) => new OurDeployment(lan, "strict", OUR_LEASE),
};

function patroni(settings: PatroniSettings, programs: string): System {
  const deploy = (lan: Lan): Deployment => new PatroniDeployment(lan, programs, settings);
  return { system: settings.title, mode: settings.mode, deploy };
}

/** Nobody is told that he must take over: whoever does not is told by his gap. */
async function compared(
  fault: ComparedFault,
  { system, mode, deploy }: System,
  options: PatroniOptions,
): Promise<Compared> {
  const { runs: count, outageMs, logs } = options;
  const name = `${fault}-${system.replace(" ", "-")}`;
  const act = { ...hostFaults[fault], takeovers: "any" } as const;
  const settings = { name, fault: act, mode, count, deploy, outageMs, logs, progress: progressOf(name) };
  return { system, ...summarize(fault, count, await runSeries(settings), {}) };
}
