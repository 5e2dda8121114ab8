import type { FaultKind } from "../faults.ts";
import { withoutData, type Episode, type Plan } from "../plan.ts";
import { Random } from "../random.ts";
import type { Make, StepTrap } from "../world.ts";

/** What a rule is there for. The seeds draw it too, only rarely: so most faults of a plan become one of these. */
export interface Focus {
  readonly faults: readonly FaultKind[];
  /** In a group without commit rules, where nothing but the lease stands between two primaries. */
  readonly asynchronous?: boolean;
  /** In a group whose service has no data. */
  readonly withoutData?: boolean;
  /** A strict group of so many, of whom so many others must have a write; a story has one of three and one. */
  readonly group?: Group;
  /** What happens, a little earlier or later for each seed; for rules that need one certain story. Nothing else does. */
  readonly story?: readonly Scene[];
  /** One agent also dies, or hangs, at a step drawn at random, or at one of a kind: between two things that are not done at once. */
  readonly traps?: boolean | StepOf;
}

interface Group {
  readonly members: number;
  readonly need: number;
}

const TRIO: Group = { members: 3, need: 1 };

/** A step by its name, and what is not drawn of when, to whom and how. */
export type StepOf = Partial<StepTrap> & { readonly step: string };

/** A fault of a story: what, when, for how long, to which member (by its place; -1: the primary). */
export type Scene = readonly [kind: FaultKind, atMs: number, forMs: number, member: number, how?: number];

/** So much earlier or later. */
const EARLIER_OR_LATER_MS = 150;

/** Of the steps of an agent: in so many there are some takeovers. */
const STEPS = 600;

/** Of one kind of step: the first ones. */
const NAMED_STEPS = 2;

/** Of the faults of a plan; the others stay as they were drawn. */
const OF_THESE = 0.8;

/** The plan with its eyes on `focus`. The same for the same seed. */
export function focused(plan: Plan, focus: Focus | null): Plan {
  if (focus === null) return plan;
  const random = new Random(`focus ${plan.seed}`);
  const episodes =
    focus.story === undefined ? plan.episodes.map((e) => aimed(e, focus, random)) : [told(focus.story, random)];
  const group = focus.group ?? (focus.story === undefined ? null : TRIO);
  const make = group === null ? plan.make : withGroup(plan.make, group);
  if (focus.withoutData === true) return { ...plan, episodes, make: { ...make, settings: withoutData(make.settings) } };
  if (focus.asynchronous !== true) return { ...plan, episodes, make };
  const durability = { lossless: "off", maxLossBytes: 1000 } as const;
  const settings = { ...make.settings, hasData: true, durability };
  return { ...plan, episodes, make: { ...make, settings } };
}

function withGroup(make: Make, { members: count, need }: Group): Make {
  const of = ["a", "b", "c", "d", "e", "f"].slice(0, count);
  const members = of.map((member) => ({ member, priority: 100 }));
  const rates = of.map((_, i) => make.rates[i] ?? 1);
  return {
    ...make,
    rates,
    settings: { ...make.settings, hasData: true, members, durability: { lossless: "strict", need, of } },
  };
}

function aimed(episode: Episode, { faults }: Focus, random: Random): Episode {
  const drawn = episode.faults.map((fault) =>
    random.chance(OF_THESE) ? { ...fault, kind: random.pick(faults) } : fault,
  );
  return { ...episode, faults: drawn };
}

function told(story: readonly Scene[], random: Random): Episode {
  const shift = (): number => random.between(-EARLIER_OR_LATER_MS, EARLIER_OR_LATER_MS);
  const faults = story.map(([kind, atMs, forMs, member, how = 0]) => {
    return { kind, atMs: atMs + shift(), forMs: forMs + shift(), member, how };
  });
  return { faults, lastsMs: Math.max(...faults.map(({ atMs, forMs }) => atMs + forMs)) + 1000, idleMs: 0 };
}

/** At which step of whom something happens besides; `null`: nothing does. */
export function trapOf({ seed, make }: Plan, focus: Focus | null): StepTrap | null {
  const traps = focus?.traps ?? false;
  if (traps === false) return null;
  const random = new Random(`trap ${seed}`);
  const member = random.pick(make.settings.members.map((m) => m.member));
  if (traps !== true) return { member, at: 1 + random.below(NAMED_STEPS), how: "die after", ...traps };
  return { member, at: 1 + random.below(STEPS), how: random.pick(["die before", "die after", "hang"]) };
}
