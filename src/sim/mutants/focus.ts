import type { FaultKind } from "../faults.ts";
import type { Plan } from "../plan.ts";
import { Random } from "../random.ts";

/** What a rule is there for. The seeds draw it too, only rarely: so most faults of a plan become one of these. */
export interface Focus {
  readonly faults: readonly FaultKind[];
  /** In a group without commit rules, where nothing but the lease stands between two primaries. */
  readonly asynchronous?: boolean;
}

/** Of the faults of a plan; the others stay as they were drawn. */
const OF_THESE = 0.8;

/** The plan with its eyes on `focus`. The same for the same seed. */
export function focused(plan: Plan, focus: Focus | null): Plan {
  if (focus === null) return plan;
  const random = new Random(`focus ${plan.seed}`);
  const episodes = plan.episodes.map((episode) => ({
    ...episode,
    faults: episode.faults.map((fault) =>
      random.chance(OF_THESE) ? { ...fault, kind: random.pick(focus.faults) } : fault,
    ),
  }));
  const { settings } = plan.make;
  const durability =
    focus.asynchronous === true ? ({ lossless: "off", maxLossBytes: 1000 } as const) : settings.durability;
  return { ...plan, episodes, make: { ...plan.make, settings: { ...settings, durability } } };
}
