import { isObserver } from "../core/places.ts";
import type { Durability, Settings } from "../core/view.ts";
import type { Node } from "./node.ts";
import type { World } from "./world.ts";

type Lossless = Exclude<Durability, { readonly lossless: "off" }>;

/** How long a person takes from one host to the next. */
const NEXT_HOST_MS = [100, 1500] as const;

/** Of those who leave the group: the agents of so many are stopped; the others go on by the file of before. */
const STOPPED = 0.5;

/**
 * A person changes the configuration, host by host, each time with a new life of the agent: who belongs to the group, how many must have
 * a write, who is preferred; or nothing, as when the program itself is replaced by another version. Returns how it is all taken back.
 */
export function reconfigure(world: World, node: Node, how: number): () => void {
  const next = changed(world, node, how);
  roll(world, next);
  const gone = (how * 10) % 1 < STOPPED ? world.nodes.filter(({ name }) => !isMember(next, name)) : [];
  for (const { name } of gone) world.node(name).keepDown(true);
  return () => {
    roll(world, world.settings);
    for (const { name } of gone) world.node(name).keepDown(false);
  };
}

/** Brings `settings` to one host after the other. */
function roll(world: World, settings: Settings): void {
  world.configured = settings;
  let afterMs = 0;
  for (const node of world.nodes) {
    if (!isMember(settings, node.name)) continue;
    world.timeline.after(afterMs, () => world.configured === settings && node.restartWith(settings));
    afterMs += world.random.faults.between(...NEXT_HOST_MS);
  }
}

function changed({ configured, record }: World, { name }: Node, how: number): Settings {
  const { members, durability } = configured;
  const goes = record?.primary === name ? members.find(({ member }) => member !== name)?.member : name;
  if (how < 0.5 && members.length > 2 && goes !== undefined && canSpare(durability, goes))
    return without(configured, goes);
  if (how < 0.7 && durability.lossless !== "off")
    return { ...configured, durability: otherDurability(durability, how) };
  if (how < 0.85)
    return {
      ...configured,
      members: members.map((m) => (m.member === name && !isObserver(configured, name) ? { ...m, priority: 50 } : m)),
    };
  return { ...configured };
}

/** The configuration asks for another one that counts, whoever is primary. */
function canSpare(durability: Durability, name: string): boolean {
  return durability.lossless === "off" || durability.of.filter((member) => member !== name).length > 1;
}

function without(settings: Settings, name: string): Settings {
  const members = settings.members.filter(({ member }) => member !== name);
  const { durability } = settings;
  if (durability.lossless === "off") return { ...settings, members };
  const of = durability.of.filter((member) => member !== name);
  return { ...settings, members, durability: { ...durability, of, need: Math.min(durability.need, of.length - 1) } };
}

function otherDurability(durability: Lossless, how: number): Durability {
  if (durability.of.length > 3 && how < 0.6) return { ...durability, need: durability.need === 1 ? 2 : 1 };
  return { ...durability, lossless: durability.lossless === "strict" ? "preferred" : "strict" };
}

function isMember({ members }: Settings, name: string): boolean {
  return members.some(({ member }) => member === name);
}
