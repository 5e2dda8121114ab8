import { timingOf } from "../core/timing.ts";
import type { Durability, MemberSettings, Settings } from "../core/view.ts";
import { FAULTS, type Fault, type FaultKind } from "./faults.ts";
import { Random } from "./random.ts";
import { THEMED, THEMES, type Theme } from "./themes.ts";
import type { Make } from "./world.ts";

/** A seed, drawn out: what the world is made of and what goes wrong in it. Faults can be taken out without changing the rest. */
export interface Plan {
  readonly seed: number;
  readonly make: Make;
  /** Bursts of faults; between two of them all is mended, must come back, and rests. */
  readonly episodes: readonly Episode[];
}

export interface Episode {
  readonly faults: readonly Fault[];
  /** The last fault has ended by then. */
  readonly lastsMs: number;
  /** Nothing happens for so long afterwards: it is skipped once all has come to rest. */
  readonly idleMs: number;
}

/** How often each fault is drawn, where it is not once. */
const WEIGHTS: Partial<Record<FaultKind, number>> = {
  "server dies": 3,
  "host loses power": 3,
  "agent dies": 2,
  "operator switches over": 3,
  isolated: 2,
  "server is stopped": 2,
  "answers of the store get lost": 2,
  "rule is cleared by hand": 0.3,
  "operator forces a failover": 0.3,
  "actions of the service fail": 0.5,
  "wall clock jumps": 0.3,
  "store was replaced by an empty one": 0.3,
  "heartbeats alone are cut off": 0,
  "operator changes the configuration": 0,
  "all hosts lose power": 0,
  "a zone loses power": 0,
  "store goes back": 0.3,
  "an older copy is put back": 0.5,
};

const KINDS = Object.keys(FAULTS) as FaultKind[];
const TOTAL = KINDS.reduce((sum, kind) => sum + (WEIGHTS[kind] ?? 1), 0);

/** Of the groups so many have a service without data. */
const WITHOUT_DATA = 0.1;

/** Of the groups so many have heartbeats: the others must do without. */
const HEARTBEATS = 0.7;

/** Of the groups so many are in two zones. */
const ZONES = 0.25;

/** Of the groups so many have a member that only watches. */
const OBSERVERS = 0.15;

/** Of the bursts: in so many all hosts of a zone lose power. */
const LOST_ZONES = 0.06;

/** Of the bursts: in so many heartbeats, and nothing else, are cut off for a while. */
const LOST_HEARTBEATS = 0.2;

/** Of the bursts: in so many the configuration is changed, host by host. */
const CHANGED_CONFIGURATION = 0.12;

/** Of the bursts: in so many all hosts lose power at once. */
const BLACKOUTS = 0.06;

/** How far clocks may run apart: less than the margin of a lease allows. */
const DRIFT = 0.01;

const DAY_MS = 86_400_000;

/** What the seed `seed` stands for. */
export function planOf(seed: number): Plan {
  const random = new Random(`plan ${seed}`);
  const themes = random.of("theme");
  const theme = themes.chance(THEMED) ? themes.pick(THEMES) : null;
  const drawn = settingsOf(random.of("settings"), theme);
  const settings = random.of("data").chance(WITHOUT_DATA) ? withoutData(drawn) : inPlaces(random.of("places"), drawn);
  const count = settings.members.length;
  const rates = settings.members.map(() => 1 + random.between(-DRIFT, DRIFT));
  const make = {
    seed: String(seed),
    settings,
    heartbeats: random.of("heartbeats").chance(HEARTBEATS),
    rates,
    clients: 1 + random.below(3),
    clientPauseMs: 60 + random.below(300),
  };
  const episodes = Array.from({ length: 1 + random.below(3) }, (_, i) =>
    [
      ["heartbeats", LOST_HEARTBEATS, "heartbeats alone are cut off"] as const,
      ["configuration", CHANGED_CONFIGURATION, "operator changes the configuration"] as const,
      ["blackout", BLACKOUTS, "all hosts lose power"] as const,
      ["zone", LOST_ZONES, "a zone loses power"] as const,
    ].reduce(
      (episode, [stream, part, kind]) => withAnother(random.of(`${stream} ${i}`), part, kind, episode, count),
      episodeOf(random.of(`episode ${i}`), count, theme),
    ),
  );
  return { seed, make, episodes };
}

function settingsOf(random: Random, theme: Theme | null): Settings {
  const count = random.pick([2, 3, 3, 3, 3, 5]);
  const names = ["a", "b", "c", "d", "e"].slice(0, count);
  const members = names.map((member) => ({ member, priority: random.chance(0.1) ? 50 : 100 }));
  if (count > 3 && random.chance(0.3)) members[count - 1] = { member: names[count - 1] ?? "", priority: 0 };
  const need = count === 5 && random.chance(0.5) ? 2 : 1;
  const way = random.next();
  const lossless = theme?.lossless ?? (way < 0.1 ? "off" : way < 0.3 ? "preferred" : "strict");
  // As the configuration has it: who never takes over is not counted on.
  const of = members.filter(({ priority }) => priority > 0).map(({ member }) => member);
  const durability: Durability = lossless === "off" ? { lossless, maxLossBytes: 1000 } : { lossless, need, of };
  const timing = timingOf(random.pick([1000, 2000, 2000, 3000]));
  return { group: "main", hasData: true, members, durability, drainMs: 500, timing };
}

/** The same group, in some cases in two zones, or with a last member that only watches. */
function inPlaces(random: Random, settings: Settings): Settings {
  const { members } = settings;
  const [hasZones, hasObserver] = [random.chance(ZONES), random.chance(OBSERVERS) && members.length > 2];
  const placed = members.map((m, i) => ({
    ...m,
    ...(hasZones && { zone: i % 2 === 0 ? "east" : "west" }),
    ...(hasObserver && i === members.length - 1 && observing(random, members[1]?.member ?? "")),
  }));
  return { ...settings, members: placed, durability: withoutObservers(settings.durability, placed) };
}

function observing(random: Random, standby: string): Partial<MemberSettings> {
  return { priority: 0, ...(random.chance(0.7) ? { follows: standby } : { isDelayed: true }) };
}

function withoutObservers(durability: Durability, members: readonly MemberSettings[]): Durability {
  if (durability.lossless === "off") return durability;
  const of = durability.of.filter((name) => members.some(({ member, priority }) => member === name && priority > 0));
  return { ...durability, of, need: Math.min(durability.need, of.length - 1) };
}

/** The same group around a service that has no data. */
export function withoutData(settings: Settings): Settings {
  return { ...settings, hasData: false, durability: { lossless: "off", maxLossBytes: 0 } };
}

function episodeOf(random: Random, members: number, theme: Theme | null): Episode {
  const lastsMs = random.between(4000, 20_000);
  const many = random.chance(theme === null ? 0.25 : 0.5) ? 5 + random.below(6) : 1 + random.below(4);
  // Half of the bursts are pairs around one moment: what goes wrong together is what hurts.
  const focusMs = random.chance(0.5) ? random.between(0, lastsMs / 2) : null;
  const faults = Array.from({ length: many }, () => faultOf(random, members, lastsMs, focusMs, theme));
  return { faults: faults.toSorted((a, b) => a.atMs - b.atMs), lastsMs, idleMs: random.between(0.2, 2) * DAY_MS };
}

/** Drawn apart from all other faults, which stay as they are. */
function withAnother(random: Random, part: number, kind: FaultKind, episode: Episode, members: number): Episode {
  if (!random.chance(part)) return episode;
  const faults = [...episode.faults, { ...faultOf(random, members, episode.lastsMs, null, null), kind }];
  return { ...episode, faults: faults.toSorted((a, b) => a.atMs - b.atMs) };
}

function faultOf(random: Random, members: number, lastsMs: number, focusMs: number | null, theme: Theme | null): Fault {
  const atMs =
    focusMs === null
      ? random.between(0, lastsMs * 0.8)
      : Math.max(0, focusMs + random.between(-1500, 1500) * random.next());
  const forMs = Math.min(lastsMs - atMs, random.chance(0.3) ? random.between(10, 400) : random.between(400, 12_000));
  const member = random.chance(0.5) ? -1 : random.below(members);
  const kind = theme === null || random.chance(0.1) ? kindOf(random) : random.pick(theme.kinds);
  return { kind, atMs, forMs, member, how: random.next() };
}

function kindOf(random: Random): FaultKind {
  let left = random.next() * TOTAL;
  for (const kind of KINDS) {
    left -= WEIGHTS[kind] ?? 1;
    if (left <= 0) return kind;
  }
  return KINDS[0] as FaultKind;
}
