import type { CheckConfig, QuestionConfig } from "../config/check-config.ts";
import { worstHealth, type HealthState } from "../core/health.ts";
import type { CheckNote } from "../core/session.ts";
import type { Metric } from "./check.ts";
import { openCheck, type CheckedMember } from "./open-check.ts";
import { type Expectation, ScheduledCheck } from "./schedule.ts";
import { leavesOf, mapTree, treeHealth, type ToldHealth, type Tree } from "./tree.ts";

export interface WatchHealthParts extends CheckedMember {
  readonly checks: readonly CheckConfig[];
  /** What is to be expected of the service, as it tells itself; left out: always answers. */
  readonly expected?: () => Expectation;
  /** Hears each change of what is told about the member, with what its checks say, for a person. */
  readonly told?: (status: ToldHealth, problem: string | null) => void;
}

/** What a member's checks say together. */
export interface WatchedHealth {
  /** `up` without any checks, and while nothing is to be expected; `down` once a check says so. */
  readonly state: () => HealthState["health"];
  /** The same for a person: `slow` is up, with a check whose last answer came late. */
  readonly status: () => ToldHealth;
  /** What the failing and the slow checks saw last, for a person; `null` when there are none. */
  readonly problem: () => string | null;
  /** The same for whoever asks for the status. */
  readonly note: () => CheckNote | null;
  /** The figures that came with the last answers. */
  readonly metrics: () => readonly Metric[];
  close(): void;
}

/** A check that runs, and its kind. */
interface Running {
  readonly kind: QuestionConfig["kind"];
  readonly check: ScheduledCheck;
}

/** Runs the configured checks of a member on this node until it is closed. */
export function watchHealth(parts: WatchHealthParts): WatchedHealth {
  let trees: readonly Tree<Running>[] = [];
  const { expected = () => "answers" } = parts;
  const state = (): HealthState["health"] =>
    expected() === "nothing" ? "up" : worstHealth(trees.map((tree) => treeHealth(tree, ({ check }) => check.health)));
  const leaves = (): readonly Running[] => trees.flatMap(leavesOf);
  const status = (): ToldHealth => {
    const health = state();
    return health === "up" && leaves().some(({ check }) => check.isSlow) ? "slow" : health;
  };
  const problem = (): string | null => leaves().flatMap(problemOf).join("; ") || null;
  let before: ToldHealth = "unknown";
  const heard = (): void => {
    const now = status();
    if (now !== before) parts.told?.(now, problem());
    before = now;
  };
  const start = (question: QuestionConfig): Running => ({
    kind: question.kind,
    check: new ScheduledCheck(openCheck(question, parts), question, parts.clock, heard, expected),
  });
  trees = parts.checks.map((config) => mapTree<QuestionConfig, Running>(config, start));
  before = status();
  return {
    state,
    status,
    problem,
    note() {
      const text = problem();
      return text === null ? null : { isSlow: status() === "slow", text };
    },
    metrics: () => leaves().flatMap(({ check }) => check.last?.metrics ?? []),
    close() {
      for (const { check } of leaves()) check.close();
    },
  };
}

/** Nothing of a check that is well. */
function problemOf({ kind, check }: Running): readonly string[] {
  const { last, health, isSlow, credit } = check;
  if (last === null || (last.ok && health !== "down" && !isSlow)) return [];
  const seen = isSlow ? `slow: ${last.text} after ${Math.round(last.tookMs)} ms` : last.text;
  return [`${kind}: ${seen}${credit === null ? "" : ` (${credit})`}`];
}
