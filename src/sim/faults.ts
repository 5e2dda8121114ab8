import { zoneOf } from "../core/places.ts";
import { MemoryData } from "../store/memory.ts";
import type { Node } from "./node.ts";
import { reconfigure } from "./reconfigure.ts";
import type { World } from "./world.ts";

/** One fault of a plan. */
export interface Fault {
  readonly kind: FaultKind;
  readonly atMs: number;
  readonly forMs: number;
  /** Which member, by its place in the configuration; `-1`: whoever is primary then. */
  readonly member: number;
  /** Draws whatever else the fault leaves open: from 0 up to 1. */
  readonly how: number;
}

/** Begins a fault and returns how it ends. */
type Begin = (world: World, node: Node, fault: Fault) => () => void;

const nothing = (): void => undefined;

function others(world: World, node: Node): readonly string[] {
  return world.nodes.filter((n) => n !== node).map((n) => n.name);
}

/** Cuts all ways from `node` to `far`, or back, or both. */
function cut(world: World, node: Node, far: readonly string[], ways: "out" | "in" | "both"): () => void {
  const pairs = far.flatMap((name) => [
    ...(ways === "in" ? [] : [[node.name, name] as const]),
    ...(ways === "out" ? [] : [[name, node.name] as const]),
  ]);
  for (const [from, to] of pairs) world.network.cut(from, to);
  return () => pairs.forEach(([from, to]) => world.network.mend(from, to));
}

function wayOf(how: number): "out" | "in" | "both" {
  return how < 0.5 ? "both" : how < 0.75 ? "out" : "in";
}

/** A link that flaps: its connections break, soon nothing passes for a moment, and all is well until the next time. */
const FLAP_CUT_MS = 20;
const FLAP_MEND_MS = 500;
const FLAP_EVERY_MS = 2600;

/** Sets a property of the world for a while. */
function set<T, K extends keyof T>(of: T, key: K, value: T[K]): () => void {
  const before = of[key];
  of[key] = value;
  return () => (of[key] = before);
}

/** Another store in the place of the right one. Once that is back a person starts the agents again: whoever has doubted goes on doubting. */
function putInItsPlace(world: World, data: MemoryData): () => void {
  const undo = set(world.store, "data", data);
  return () => {
    undo();
    world.store.anotherUntilMs = world.timeline.nowMs;
    for (const node of world.nodes) node.crash();
  };
}

/**
 * Whether the group must survive that this one disk is lost: no other was, and what it holds is held by others. A primary's
 * disk may go while writes wait for a standby; that of a former primary that nobody has followed yet must not, nor that of a member
 * that has sealed, whose take may be on its way.
 */
function mayLoseItsDisk(world: World, { name }: Node): boolean {
  const { record } = world;
  if (record?.primary == null || !world.isLossless || world.servers.some((server) => server.hasLostDisk)) return false;
  if (record.primary !== name) return record.sealed[name] === undefined;
  const isCounted = record.commit.length === 1 && record.commit.every((rule) => rule.need > 0);
  return record.open && isCounted && !mayGoOnAlone(world, name);
}

/** Whether a primary that prefers to go on may be about to: somebody whom it counts on is away, or looks so. */
function mayGoOnAlone(world: World, primary: string): boolean {
  if (world.configured.durability.lossless !== "preferred") return false;
  const counted = world.record?.commit.flatMap((rule) => rule.of.map(({ member }) => member)) ?? [];
  const isThere = ({ name, host, agent }: Node): boolean =>
    host.isUp &&
    agent?.isPaused === false &&
    world.network.passes(name, primary) &&
    world.network.passes(primary, name);
  return world.nodes.some((node) => counted.includes(node.name) && !isThere(node));
}

/** The power of the whole house is gone, the store's too. The hosts come back one by one, from any of them on, and the store's majority among them. */
function blackOut({ nodes, store, timeline }: World, { how, forMs }: Fault): () => void {
  const storeIsBack = set(store, "isDown", true);
  for (const node of nodes) node.powerOff();
  const undone = [storeIsBack, ...nodes.map((node) => () => node.powerOn())];
  const first = Math.floor(how * nodes.length);
  let isOver = false;
  const at = (part: number, then: () => void): void =>
    void timeline.after(part * forMs, () => {
      if (!isOver) then();
    });
  nodes.forEach((_, i) => at((i + 1) / (nodes.length + 1), () => nodes[(first + i) % nodes.length]?.powerOn()));
  at(0.5, storeIsBack);
  return () => {
    isOver = true;
    for (const undo of undone) undo();
  };
}

/** Everything that can go wrong. A name says it all; how often each is drawn stands in `plan.ts`. */
export const FAULTS = {
  "server dies": (_, { server }) => {
    server.kill();
    return nothing;
  },
  "agent dies": (_, node) => {
    node.crash();
    return nothing;
  },
  "agent is gone for a while": (_, node) => {
    node.keepDown(true);
    return () => node.keepDown(false);
  },
  "agent and server die": (_, node) => {
    node.crash();
    node.server.kill();
    return nothing;
  },
  "guard dies with its agent": (_, node) => {
    node.killGuard();
    node.crash();
    return nothing;
  },
  "guard dies": (_, node) => {
    node.killGuard();
    return nothing;
  },
  "main process of the server dies": (_, { server }) => {
    server.orphan();
    return nothing;
  },
  "host loses power": (_, node) => {
    node.powerOff();
    return () => node.powerOn();
  },
  "all hosts lose power": (world, _, fault) => blackOut(world, fault),
  "a zone loses power": (world, node) => {
    const zone = zoneOf(world.settings, node.name);
    const lost = world.nodes.filter(({ name }) => zone !== null && zoneOf(world.settings, name) === zone);
    if (lost.length > 0) world.mark("a zone lost power");
    for (const one of lost) one.powerOff();
    return () => lost.forEach((one) => one.powerOn());
  },
  "agent is stopped": (_, { agent }) => {
    agent?.pause();
    return () => agent?.resume();
  },
  "server is stopped": (_, { server }) => {
    const { process } = server;
    process?.pause();
    return () => process?.resume();
  },
  "host is frozen": (world, node) => {
    node.host.freeze();
    return () => {
      node.server.thawedAtMs = world.timeline.nowMs;
      node.host.thaw();
      node.boot();
    };
  },
  "agents of all are stopped shortly": (world) => {
    const agents = world.nodes.map((n) => n.agent);
    for (const agent of agents) agent?.pause();
    return () => agents.forEach((agent) => agent?.resume());
  },
  isolated: (world, node, { how }) => cut(world, node, [...others(world, node), "store", "proxy"], wayOf(how)),
  "cut off from its peers": (world, node, { how }) => cut(world, node, others(world, node), wayOf(how)),
  "cut off from the store": (world, node, { how }) => cut(world, node, ["store"], wayOf(how)),
  "cut off from peers and store": (world, node, { how }) =>
    cut(world, node, [...others(world, node), "store"], wayOf(how)),
  "cut off from one peer": (world, node, { how }) => {
    const far = others(world, node);
    return cut(world, node, far.slice(0, 1 + Math.floor(how * (far.length - 1))), wayOf((how * 7) % 1));
  },
  "its link flaps": (world, node) => {
    let isOver = false;
    let mend = nothing;
    const flap = (): void => {
      if (isOver) return;
      node.server.stream?.breakOff();
      world.timeline.after(FLAP_CUT_MS, () => {
        if (!isOver) mend = cut(world, node, others(world, node), "both");
      });
      world.timeline.after(FLAP_MEND_MS, () => mend());
      world.timeline.after(FLAP_EVERY_MS, flap);
    };
    flap();
    return () => {
      isOver = true;
      mend();
    };
  },
  "proxy is cut off from the store": (world) => {
    world.network.cut("proxy", "store");
    return () => world.network.mend("proxy", "store");
  },
  "store does not answer": (world) => set(world.store, "isDown", true),
  "store refuses": (world) => set(world.store, "isRefusing", true),
  "store is slow": (world, _, { how }) => set(world.store, "slowMs", how < 0.5 ? 100 : 1500),
  "store is slow each time for one": ({ store }, node, { how }) => {
    Object.assign(store, { leastMs: 200, slowMs: 400 + 400 * how, slowFor: node.name });
    return () => void Object.assign(store, { leastMs: 0, slowMs: 0, slowFor: null });
  },
  "answers of the store get lost": (world, _, { how }) => set(world.store, "lostAnswers", 0.1 + 0.6 * how),
  "bells of the store get lost": (world, _, { how }) => set(world.store, "lostBells", how),
  "messages get lost": (world, _, { how }) =>
    set(world.network, "weather", { baseMs: 1, jitterMs: 50 * how, loss: 0.01 + 0.1 * how, strays: 0 }),
  "messages stray": (world, _, { how }) =>
    set(world.network, "weather", { baseMs: 1, jitterMs: 5, loss: 0, strays: 0.02 + 0.1 * how }),
  "disk is slow": (world, node, { how }) => {
    world.slowDisk(node.name, how < 0.5 ? 30 : 1000);
    return () => world.slowDisk(node.name, 1);
  },
  "disk of the agent is full": (_, node) => set(node, "isDiskFull", true),
  "disk is lost": (world, node) => {
    if (mayLoseItsDisk(world, node)) node.server.loseDisk();
    return nothing;
  },
  "an older copy is put back": (world, node, { how }) => {
    const { server } = node;
    if (server.disk.state === "whole" && mayLoseItsDisk(world, node))
      server.putBack(Math.ceil(how * server.disk.flushed));
    return nothing;
  },
  "replay is held up": ({ timeline }, { server }) => set(server, "replayHeldAtMs", timeline.nowMs),
  "actions of the service fail": (world, _, { how }) => set(world, "failingActions", 0.2 + 0.5 * how),
  "rule is cleared by hand": ({ settings }, { server }) => {
    if (settings.hasData) server.clearRuleByHand();
    return nothing;
  },
  "checks fail": (_, node) => set(node, "health", "down"),
  "agent is asked to leave": (_, node) => {
    node.leave();
    return () => node.keepDown(false);
  },
  "data of another cluster lies there": (_, { server }) => {
    server.kill();
    return set(server, "isForeign", true);
  },
  "store was replaced by an empty one": (world) => putInItsPlace(world, new MemoryData("store-2")),
  "store goes back": (world, _, { how }) => {
    const { store } = world;
    // As far as all have seen more: only then it is noticed by each.
    const seenByAll = Math.min(...world.nodes.map((node) => node.seenRev));
    const older = store.data === store.original ? store.before(seenByAll, how) : null;
    if (older === null) return nothing;
    world.mark("the store went back");
    return putInItsPlace(world, older);
  },
  "wall clock jumps": (_, { host }, { how }) => {
    host.wallSkewMs = (how - 0.5) * 3.15e10;
    return nothing;
  },
  "operator switches over": (world, node, { how }) => {
    world.operator.ask({ do: "switchover", to: how < 0.5 ? null : node.name });
    return nothing;
  },
  "operator pauses": (world) => {
    world.operator.ask({ do: "pause" });
    return () => world.operator.ask({ do: "resume" });
  },
  "operator wants a new copy": (world, node) => {
    world.operator.ask({ do: "reinit", member: node.name });
    return nothing;
  },
  "operator forces a failover": (world, node, { how }) => {
    world.operator.ask({ do: "failover", to: how < 0.5 ? null : node.name, acceptLoss: how > 0.25 });
    return nothing;
  },
  "operator changes the configuration": (world, node, { how }) => reconfigure(world, node, how),
  "heartbeats alone are cut off": ({ air }, node, { how }) => {
    const ends = (how < 0.5 ? (["out", "in"] as const) : (["out"] as const)).map((way) => air?.cut(node.name, way));
    return () => ends.forEach((end) => end?.());
  },
} satisfies Record<string, Begin>;

export type FaultKind = keyof typeof FAULTS;
