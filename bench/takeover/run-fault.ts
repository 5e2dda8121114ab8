import { messageOf } from "../../src/lib/failure.ts";
import type { Verdict } from "../../src/quickstart/client/verify.ts";
import { Connection } from "../../src/quickstart/client/connection.ts";
import { LoadHandle } from "../client/load-handle.ts";
import { Witness } from "../client/witness.ts";
import type { Cluster } from "./cluster.ts";
import type { Mode } from "./cluster-place.ts";
import { faults, soakKinds, type FaultName } from "./faults.ts";
import { randomFrom } from "./random.ts";
import { withCluster } from "./run-cluster.ts";
import { runOnce, type RunResult } from "./run-once.ts";

const WORKERS = 8;
const PER_SECOND = 500;
/** In a soak nothing stays stopped for longer: long enough for the takeover, short enough for a hundred of them. */
const SOAK_OUTAGE_MS = 5000;

/** One kind of fault on one cluster, all runs of it. */
export interface Series {
  readonly mode: Mode;
  readonly runs: readonly RunResult[];
  /** Everything that was ever acknowledged, compared at the very end; `null` when it did not come to that. */
  readonly atTheEnd: Verdict | null;
  /** Why the series ended early; `null`: it did not. */
  readonly problem: string | null;
}

/** What to inject in one run. */
interface Step {
  readonly kind: FaultName;
  readonly outageMs: number;
}

export interface SeriesSettings {
  readonly parent: string;
  readonly keep: boolean;
  /** Told after every run. */
  readonly progress: (run: number, of: number, result: RunResult) => void;
}

/** Runs `fault` so many times on a new cluster of each of its modes. */
export async function runFault(fault: FaultName, runs: number, settings: SeriesSettings): Promise<readonly Series[]> {
  const { modes, outageMs } = faults[fault];
  const steps = Array.from({ length: runs }, (): Step => ({ kind: fault, outageMs }));
  const all: Series[] = [];
  for (const mode of modes) all.push(await runSeries(mode, steps, settings));
  return all;
}

/** Takeovers of random kinds, which `seed` determines, one after another on one cluster. */
export function runSoak(takeovers: number, seed: number, settings: SeriesSettings): Promise<Series> {
  const random = randomFrom(seed);
  const steps = Array.from({ length: takeovers }, (): Step => {
    const kind = soakKinds[Math.floor(random() * soakKinds.length)] ?? soakKinds[0];
    return { kind, outageMs: Math.min(SOAK_OUTAGE_MS, faults[kind].outageMs) };
  });
  return runSeries("strict", steps, settings);
}

async function runSeries(mode: Mode, steps: readonly Step[], settings: SeriesSettings): Promise<Series> {
  const runs: RunResult[] = [];
  try {
    const atTheEnd = await withCluster(settings.parent, mode, settings.keep, (cluster) =>
      underLoad(cluster, async (load) => {
        for (const [i, { kind, outageMs }] of steps.entries()) {
          const result = await runOnce(cluster, load, kind, faults[kind], i + 1, outageMs);
          runs.push(result);
          settings.progress(i + 1, steps.length, result);
          if (!result.isBack) break;
        }
        await load.stop();
        return load.verify(null);
      }),
    );
    const left = steps.length - runs.length;
    return { mode, runs, atTheEnd, problem: left > 0 ? `${left} runs were left out after that` : null };
  } catch (error) {
    return { mode, runs, atTheEnd: null, problem: messageOf(error) };
  }
}

async function underLoad<T>(cluster: Cluster, then: (load: LoadHandle) => Promise<T>): Promise<T> {
  const target = await cluster.target();
  const load = await LoadHandle.start({ target, workers: WORKERS, perSecond: PER_SECOND });
  try {
    const connection = await Connection.open(target, "preparation");
    await Witness.createTable(connection);
    connection.close();
    return await then(load);
  } finally {
    load.end();
  }
}
