import type { FaultKind } from "../faults.ts";
import type { Plan } from "../plan.ts";
import { Random } from "../random.ts";
import type { StepTrap } from "../world.ts";

/** What a rule is there for. The seeds draw it too, only rarely: so most faults of a plan become one of these. */
export interface Focus {
  readonly faults: readonly FaultKind[];
  /** In a group without commit rules, where nothing but the lease stands between two primaries. */
  readonly asynchronous?: boolean;
  /** One agent also dies, or hangs, at a step drawn at random: between two things that are not done at once. With the name of a step: right after one of these. */
  readonly traps?: boolean | string;
}

/** Of the steps of an agent: in so many there are some takeovers. */
const STEPS = 600;

/** Of one kind of step, as changes of the record. */
const NAMED_STEPS = 12;

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

/** At which step of whom something happens besides; `null`: nothing does. */
export function trapOf({ seed, make }: Plan, focus: Focus | null): StepTrap | null {
  const traps = focus?.traps ?? false;
  if (traps === false) return null;
  const random = new Random(`trap ${seed}`);
  const member = random.pick(make.settings.members.map((m) => m.member));
  if (traps !== true) return { member, step: traps, at: 1 + random.below(NAMED_STEPS), how: "die after" };
  return { member, at: 1 + random.below(STEPS), how: random.pick(["die before", "die after", "hang"]) };
}
