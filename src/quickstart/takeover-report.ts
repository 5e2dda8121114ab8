import { describeMs } from "./describe.ts";
import { PHASES, type Phases } from "./takeover-phases.ts";
import type { Verdict } from "./client/verify.ts";

/** A takeover as it was measured. */
export interface MeasuredTakeover {
  readonly from: string;
  readonly to: string;
  readonly term: number;
  /** The longest time without an acknowledged commit. */
  readonly gapMs: number;
  readonly phases: Phases;
}

/** The takeover as a story: a line a step, in milliseconds since the kill. */
export function describeTakeover({ from, to, term, gapMs, phases }: MeasuredTakeover): readonly string[] {
  const steps: Readonly<Record<(typeof PHASES)[number], string>> = {
    detected: `it was noticed that "${from}" is gone`,
    sealed: `the standbys have stopped listening to "${from}": nothing can be acknowledged there any more`,
    taken: `"${to}" is recorded as the primary of term ${term}`,
    promoted: `its PostgreSQL has become a primary`,
    opened: `clients are let in: a second copy has the first entry of the new term`,
    firstCommit: `the client has its first commit acknowledged`,
  };
  const lines = PHASES.filter((phase) => phases[phase] !== undefined).map(
    (phase) => `  ${describeMs(phases[phase] ?? 0).padStart(8)}  ${steps[phase]}`,
  );
  return [`"${to}" took over: ${describeMs(gapMs)} without an acknowledged commit.`, ...lines];
}

/** What the comparison of the client's memory with the database showed. */
export function describeVerdict({ acknowledged, lost, duplicated, balanced }: Verdict): string {
  const twice = duplicated === 0 ? "none came twice" : `${duplicated} came twice`;
  const money = balanced ? "all accounts together hold what they began with" : "MONEY APPEARED OR VANISHED";
  return `Commits lost: ${lost} of the ${acknowledged} that were acknowledged; ${twice}; ${money}.`;
}

export function isIntact({ lost, duplicated, balanced }: Verdict): boolean {
  return lost === 0 && duplicated === 0 && balanced;
}
