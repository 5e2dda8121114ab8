import type { GroupEvent } from "../core/event.ts";
import { percentile, rounded } from "./percentiles.ts";

/** The steps of a takeover, in their order. */
export const PHASES = ["detected", "sealed", "taken", "promoted", "opened", "firstCommit"] as const;

/** Milliseconds from the injection to each step that took place. */
export type Phases = Partial<Record<(typeof PHASES)[number], number>>;

/**
 * When each step of the first takeover behind `injectedAtMs` (wall clock, as the events') took place.
 * `sealed` is the last seal before the take. Without a takeover there are no phases.
 */
export function phasesOf(events: readonly GroupEvent[], injectedAtMs: number, firstCommitMs: number | null): Phases {
  const after = events.filter((event) => event.atMs >= injectedAtMs).toSorted((a, b) => a.atMs - b.atMs);
  const taken = after.find((event) => event.kind === "taken");
  if (!taken) return {};
  const before = after.filter((event) => event.atMs <= taken.atMs);
  const behind = after.filter((event) => event.atMs >= taken.atMs);
  const times = {
    detected: before.find((event) => ["suspected", "vacated", "switchover", "yielded", "sealed"].includes(event.kind))
      ?.atMs,
    sealed: before.findLast((event) => event.kind === "sealed" || event.kind === "vacated")?.atMs,
    taken: taken.atMs,
    promoted: behind.find((event) => event.kind === "promoted")?.atMs,
    opened: behind.find((event) => event.kind === "opened")?.atMs,
    firstCommit: firstCommitMs === null ? undefined : injectedAtMs + firstCommitMs,
  };
  const phases: Phases = {};
  for (const phase of PHASES) {
    const at = times[phase];
    if (at !== undefined) phases[phase] = rounded(at - injectedAtMs);
  }
  return phases;
}

/** Each phase's median over the runs in which it took place. */
export function medianPhases(runs: readonly Phases[]): Phases {
  const medians: Phases = {};
  for (const phase of PHASES) {
    const values = runs.map((run) => run[phase]).filter((value) => value !== undefined);
    if (values.length > 0) medians[phase] = percentile(values, 50);
  }
  return medians;
}

/** `detected 12, sealed 31, …` */
export function describePhases(phases: Phases): string {
  const parts = PHASES.filter((phase) => phases[phase] !== undefined);
  return parts.map((phase) => `${phase} ${Math.round(phases[phase] ?? 0)}`).join(", ");
}
