import { setTimeout as sleep } from "node:timers/promises";
import { systemClock } from "../../src/agent/system-clock.ts";
import { invariant, messageOf } from "../../src/lib/failure.ts";
import type { Verdict } from "../../src/quickstart/client/verify.ts";
import { phasesOf, type Phases } from "../../src/quickstart/takeover-phases.ts";
import type { LoadHandle } from "../client/load-handle.ts";
import type { GroupEvent } from "../../src/core/event.ts";
import type { GroupRecord } from "../../src/core/record.ts";
import type { Fault, Findings, Moment } from "./fault.ts";

/** Under load and undisturbed, before each injection. */
const WARM_UP_MS = 3000;
/** A takeover that has not begun by then does not come. */
const TAKEOVER_WITHIN_MS = 30_000;
/** A member that is not back by then does not come back by itself. */
const BACK_WITHIN_MS = 120_000;

/** Who is primary, for the how-manieth time there is a new one, and whether clients may write; of ours also what is being changed. */
export type SeenRecord = Pick<GroupRecord, "primary" | "term" | "open"> &
  Partial<Pick<GroupRecord, "switchover" | "commit">>;

/** What a run asks of its cluster, wherever its members are. */
export interface SeenCluster {
  record(): Promise<SeenRecord>;
  events(): Promise<readonly GroupEvent[]>;
  untilAllBack(withinMs: number): Promise<void>;
  untilTermAbove(term: number, withinMs: number): Promise<boolean>;
}

/** What one injection led to. */
export interface RunResult {
  readonly kind: string;
  /** The longest time without an acknowledged commit, from the injection until all members were back. */
  readonly gapMs: number;
  /** When that gap began, counted from the injection. */
  readonly gapBeganMs: number;
  readonly takeovers: number;
  readonly phases: Phases;
  readonly verdict: Verdict;
  readonly findings: Findings;
  /** Whether every member streams again; if not, the cluster is of no use for another run. */
  readonly isBack: boolean;
  /** How long that took. */
  readonly backMs: number;
  /** Commits a second before the injection. */
  readonly perSecond: number;
}

/** Injects `fault` into a healthy cluster under load and sees it through until all members are back. */
export async function runOnce<C extends SeenCluster>(
  cluster: C,
  load: LoadHandle,
  kind: string,
  fault: Fault<C>,
  batch: number,
  outageMs: number,
): Promise<RunResult> {
  await load.beginBatch(batch);
  await sleep(WARM_UP_MS);
  const calmUntilMs = systemClock.nowMs();
  const calm = await load.window(calmUntilMs - WARM_UP_MS, calmUntilMs);
  const before = await cluster.record();
  invariant(before.primary !== null, "a healthy cluster has a primary");
  let moment: Moment | null = null;
  const inject = (): Moment => (moment ??= { monotonicMs: systemClock.nowMs(), wallMs: systemClock.wallMs() });
  const scene = { cluster, load, primary: before.primary, outageMs, inject };
  const acted = await fault.act(scene);
  const notBack = await problemOfReturn(cluster, fault, before.term);
  const problems = notBack === null ? [...acted.problems] : [...acted.problems, notBack];
  const { monotonicMs, wallMs } = inject();
  const backAtMs = systemClock.nowMs();
  const { gap, lastError } = await load.window(monotonicMs, backAtMs);
  if (calm.acknowledged === 0) problems.push(`nothing was committed before the injection: ${lastError}`);
  if (!gap.ended) problems.push(`nothing is committed any more: ${lastError}`);
  const verdict = await load.verify([batch]);
  const after = await cluster.record();
  return {
    kind,
    gapMs: gap.ms,
    gapBeganMs: gap.fromMs - monotonicMs,
    takeovers: after.term - before.term,
    phases: phasesOf(await cluster.events(), wallMs, gap.toMs - monotonicMs),
    verdict,
    findings: { ...acted, problems },
    isBack: notBack === null && gap.ended,
    backMs: backAtMs - monotonicMs,
    perSecond: (1000 * calm.acknowledged) / WARM_UP_MS,
  };
}

/** Waits for the takeover that is due, then for all members. What is missing in the end is a problem of the run. */
async function problemOfReturn<C extends SeenCluster>(
  cluster: C,
  fault: Fault<C>,
  term: number,
): Promise<string | null> {
  if (fault.takeovers === 1 && !(await cluster.untilTermAbove(term, TAKEOVER_WITHIN_MS)))
    return `nobody took over within ${TAKEOVER_WITHIN_MS / 1000} s`;
  return cluster.untilAllBack(BACK_WITHIN_MS).then(() => null, messageOf);
}
