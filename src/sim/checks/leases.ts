import { keptUntilMs } from "./promises.ts";
import type { MakeCheck } from "./check.ts";

interface Renewal {
  readonly id: string;
  readonly sentAtMs: number;
}

/** Rules 1 and 2. */
export const leases: MakeCheck = (world) => {
  const last = new Map<string, Renewal>();
  const endOf = (node: string): number => {
    const { leaseMs, marginMs } = world.settings.timing;
    return (last.get(node)?.sentAtMs ?? -Infinity) + leaseMs - marginMs;
  };
  return {
    proves:
      "a lease counts from when its renewal was sent, a lapsed session is never renewed, and no guard waits longer than the lease and the promises of others, or moves an end that has passed",
    renews(node, id, sentAtMs) {
      const known = last.get(node);
      if (known?.id === id && sentAtMs >= endOf(node))
        world.violated(this, `"${node}" renews its session, which has lapsed`);
    },
    renewed(node, id, sentAtMs) {
      last.set(node, { id, sentAtMs });
    },
    decided({ name }, { leaseEndsAtMs }, { rule }) {
      if (leaseEndsAtMs > endOf(name) + 0.001)
        world.violated(this, `"${name}" decides "${rule}" by a lease that ends later than it does`);
    },
    armed(node, untilMs, wasOver) {
      const { host } = world.node(node);
      const inTheWorldMs = world.timeline.nowMs + (untilMs - host.nowMs()) / host.rate;
      const isPromised = world.record?.primary === node && inTheWorldMs <= keptUntilMs(world, world.record) + 0.001;
      if (untilMs > endOf(node) + 0.001 && !isPromised)
        world.violated(this, `the guard of "${node}" waits longer than its lease, and than others have promised`);
      if (wasOver) world.violated(this, `the guard of "${node}" moves an end that has passed`);
    },
  };
};
