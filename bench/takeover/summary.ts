import { percentile, rounded, spreadOf, type Spread } from "../../src/quickstart/percentiles.ts";
import { medianPhases, type Phases } from "../../src/quickstart/takeover-phases.ts";
import type { Limits } from "./fault.ts";
import type { Series } from "./run-fault.ts";

/** What the bench says about one fault: the fields of the JSON file. */
export interface Summary {
  readonly fault: string;
  readonly runs: number;
  readonly gapMs: Spread;
  readonly lost: number;
  readonly duplicated: number;
  readonly balanced: boolean;
  readonly phasesMs: Phases;
  readonly mode: string;
  readonly takeovers: number;
  readonly refused: number | null;
  readonly twoPrimariesMs: number | null;
  readonly acknowledged: number;
  readonly perSecond: number;
  readonly backMs: Spread;
  /** Everything that must not be, besides lost and duplicated commits. */
  readonly problems: readonly string[];
  readonly limits: Limits;
  readonly withinLimits: boolean;
  readonly each: readonly {
    readonly kind: string;
    readonly gapMs: number;
    readonly gapBeganMs: number;
    readonly phasesMs: Phases;
  }[];
}

/** The figures of one series. What was missing once counts as lost, whether or not it came back later. */
export function summarize(fault: string, runs: number, series: Series, limits: Limits): Summary {
  const results = series.runs;
  const verdicts = results.map((run) => run.verdict);
  const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
  const end = series.atTheEnd;
  const gapMs = spreadOf(results.map((run) => run.gapMs));
  const refused = results.map((run) => run.findings.refused).filter((n) => n !== undefined);
  const takeovers = sum(results.map((run) => run.takeovers));
  const overlaps = results.map((run) => run.findings.twoPrimariesMs).filter((n) => n !== undefined);
  return {
    fault,
    runs,
    gapMs,
    lost: Math.max(sum(verdicts.map((v) => v.lost)), end?.lost ?? 0),
    duplicated: Math.max(sum(verdicts.map((v) => v.duplicated)), end?.duplicated ?? 0),
    balanced: verdicts.every((v) => v.balanced) && (end?.balanced ?? false),
    phasesMs: medianPhases(results.map((run) => run.phases)),
    mode: series.mode,
    takeovers,
    refused: refused.length > 0 ? sum(refused) : null,
    twoPrimariesMs: overlaps.length > 0 ? Math.max(...overlaps) : null,
    acknowledged: end?.acknowledged ?? 0,
    perSecond: rounded(
      percentile(
        results.map((run) => run.perSecond),
        50,
      ),
    ),
    backMs: spreadOf(results.map((run) => run.backMs)),
    problems: [
      ...results.flatMap((run, i) => run.findings.problems.map((problem) => `run ${i + 1} (${run.kind}): ${problem}`)),
      ...(series.problem === null ? [] : [series.problem]),
    ],
    limits,
    withinLimits: promisesOf({ gapMs, takeovers, limits }).every(({ isKept }) => isKept),
    each: results.map(({ kind, gapMs: gap, gapBeganMs, phases }) => ({
      kind,
      gapMs: rounded(gap),
      gapBeganMs: rounded(gapBeganMs),
      phasesMs: phases,
    })),
  };
}

/** Each promised figure, what was promised, and whether it was kept. */
export function promisesOf({ gapMs, takeovers, limits }: Pick<Summary, "gapMs" | "takeovers" | "limits">): readonly {
  readonly figure: string;
  readonly limit: number;
  readonly isKept: boolean;
}[] {
  const figures = { p50: gapMs.p50, p95: gapMs.p95, max: gapMs.max, takeovers };
  return (["p50", "p95", "max", "takeovers"] as const).flatMap((figure) => {
    const limit = limits[figure];
    return limit === undefined ? [] : [{ figure, limit, isKept: figures[figure] <= limit }];
  });
}

/** Whether nothing was lost (that may not be), nothing came twice, the balance was kept and every run came back. */
export function isGood(summary: Summary): boolean {
  return (
    (summary.lost === 0 || summary.mode === "off") &&
    summary.duplicated === 0 &&
    summary.balanced &&
    summary.problems.length === 0
  );
}
