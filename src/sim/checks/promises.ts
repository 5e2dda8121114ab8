import type { CommitRule } from "../../core/commit-rule.ts";
import type { GroupRecord } from "../../core/record.ts";
import type { World } from "../world.ts";
import type { MakeCheck } from "./check.ts";

/** A promise as it was given, in the world's own time. */
interface Given {
  readonly term: number;
  readonly untilMs: number;
}

/** Rule 12, as far as it binds whoever has promised. What a primary makes of it is judged where its guard is armed: see `leases.ts`. */
export const promises: MakeCheck = (world) => {
  /** Changes of the record that each node has sent, and does not know the outcome of. */
  const underWay = new Map<string, Set<number>>();
  return {
    proves:
      "who has promised neither seals nor takes in that term before the promise ends; nobody promises who has sealed, or while a change of his own may still be on its way",
    changes(node, change) {
      underWay.set(node, (underWay.get(node) ?? new Set()).add(change));
    },
    hasChanged(node, change, isApplied) {
      if (isApplied) underWay.delete(node);
      else underWay.get(node)?.delete(change);
    },
    promises(node, { term, untilMs }) {
      if ((underWay.get(node)?.size ?? 0) > 0)
        world.violated(this, `"${node}" promises while a change of its own may still be on its way`);
      if (world.record?.term === term && world.record.sealed[node] !== undefined)
        world.violated(this, `"${node}" promises in term ${term}, and has sealed`);
      const { host } = world.node(node);
      const inTheWorldMs = world.timeline.nowMs + (untilMs - host.nowMs()) / host.rate;
      givenIn(world).set(node, [...stillGiven(world, node), { term, untilMs: inTheWorldMs }]);
      world.mark("a standby promised");
    },
    recordChanged(before, after) {
      if (before?.primary == null || after === null) return;
      const taker = after.term > before.term ? after.primary : null;
      const sealers = Object.keys(after.sealed).filter((member) => before.sealed[member] === undefined);
      for (const member of taker === null ? sealers : [taker]) {
        const word = stillGiven(world, member).find(({ term }) => term === before.term);
        if (word === undefined || member === before.primary) continue;
        const leftMs = Math.round(word.untilMs - world.timeline.nowMs);
        world.violated(this, `"${member}" had promised for ${leftMs} ms more not to seal or take in term ${word.term}`);
      }
    },
  };
};

const given = new WeakMap<World, Map<string, readonly Given[]>>();

function givenIn(world: World): Map<string, readonly Given[]> {
  const known = given.get(world) ?? new Map<string, readonly Given[]>();
  given.set(world, known);
  return known;
}

/** Whatever became of the agent that gave it. */
function stillGiven(world: World, member: string): readonly Given[] {
  return (givenIn(world).get(member) ?? []).filter(({ untilMs }) => untilMs > world.timeline.nowMs);
}

/**
 * Until when promises really keep all others from taking over, in the world's own time: a take by seals has to meet every rule of the record,
 * and one that waits for nobody is met by the primary's own data alone.
 */
export function keptUntilMs(world: World, record: GroupRecord): number {
  const endOf = (member: string): number => {
    const words = stillGiven(world, member).filter(({ term }) => term === record.term);
    return Math.max(0, ...words.map(({ untilMs }) => untilMs));
  };
  const others = record.members.filter((member) => member !== record.primary);
  const all = world.isLossless ? Infinity : Math.min(...others.map(endOf));
  const underRule = ({ need, of }: CommitRule): number =>
    need === 0 ? all : (of.map(({ member }) => endOf(member)).toSorted((a, b) => b - a)[need - 1] ?? 0);
  return Math.max(...record.commit.map(underRule));
}
