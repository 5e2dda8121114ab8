import { cpSync, mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { messageOf } from "../../src/lib/failure.ts";
import { Lan } from "../../test/hosts/lan.ts";
import { LoadHandle } from "../client/load-handle.ts";
import { twoPrimariesMs } from "../client/overlap.ts";
import type { Mode } from "../takeover/cluster-place.ts";
import type { Series } from "../takeover/run-fault.ts";
import { runOnce, type RunResult } from "../takeover/run-once.ts";
import { HostCluster } from "./cluster.ts";
import type { Deployment } from "./deployment.ts";
import type { HostFault, HostScene } from "./faults/host-fault.ts";
import { CLIENT, MEMBERS } from "./place.ts";

/** Three databases, three stores and the clients share the processors of one machine. */
const WORKERS = 4;
const PER_SECOND = 200;
/** A former primary that comes back must not acknowledge anything then either. */
const AFTER_MS = 3000;
/** The first start makes the database and copies it twice. */
const START_MS = 120_000;

export interface HostsSeriesSettings {
  /** What to call it. */
  readonly name: string;
  readonly fault: HostFault;
  readonly mode: Mode;
  readonly count: number;
  /** What runs on the hosts. */
  readonly deploy: (lan: Lan) => Deployment;
  readonly outageMs: number;
  readonly logs: string | null;
  /** Told after every run. */
  readonly progress: (run: number, of: number, result: RunResult) => void;
}

/** Runs a fault so many times on new hosts in one mode; they are gone when it resolves. Rejects only if no hosts can be made. */
export async function runSeries(settings: HostsSeriesSettings): Promise<Series> {
  const { name, fault, mode, count } = settings;
  const runs: RunResult[] = [];
  const lan = new Lan([...MEMBERS, CLIENT]);
  const cluster = new HostCluster(lan, settings.deploy(lan));
  try {
    await cluster.start(START_MS);
    const load = await startLoad(cluster);
    for (let run = 1; run <= count; run += 1) {
      const result = await runOnce(cluster, load, name, witnessed(fault), run, settings.outageMs);
      runs.push(result);
      settings.progress(run, count, result);
      if (!result.isBack) break;
    }
    await load.stop();
    const atTheEnd = await load.verify(null);
    const left = count - runs.length;
    return { mode, runs, atTheEnd, problem: left > 0 ? `${left} runs were left out after that` : null };
  } catch (error) {
    return { mode, runs, atTheEnd: null, problem: messageOf(error) };
  } finally {
    cluster.close();
    if (settings.logs !== null) keepLogs(lan, join(settings.logs, `${name}-${mode}`));
    lan.end();
  }
}

async function startLoad(cluster: HostCluster): Promise<LoadHandle> {
  const settings = { target: await cluster.target(), workers: WORKERS, perSecond: PER_SECOND };
  return LoadHandle.start(settings, (program) => cluster.runClient(program, "load"));
}

/** The fault, while a client asks every server directly: two that acknowledge at the same time are a problem. */
function witnessed(fault: HostFault): HostFault {
  return {
    ...fault,
    async act(scene: HostScene) {
      await scene.cluster.beginWitness();
      const findings = await fault.act(scene);
      await sleep(AFTER_MS);
      const writes = await scene.cluster.endWitness();
      const overlapMs = twoPrimariesMs(writes);
      const problems = [
        ...findings.problems,
        ...(overlapMs > 0 ? [`two members acknowledged at the same time for ${Math.round(overlapMs)} ms`] : []),
        ...(writes.length === 0 ? ["the witness saw no acknowledged write at all"] : []),
      ];
      return { ...findings, problems, twoPrimariesMs: overlapMs };
    },
  };
}

/** What all programs said, and each member's journal. */
function keepLogs(lan: Lan, directory: string): void {
  mkdirSync(directory, { recursive: true });
  const isKept = (file: string): boolean => /(\.log|journal\.jsonl|\.yaml)$/.test(file);
  for (const file of readdirSync(lan.run.directory, { recursive: true, encoding: "utf8" }).filter(isKept))
    cpSync(join(lan.run.directory, file), join(directory, file.replaceAll("/", "-")));
}
