import { isGivingUp, type GroupRecord } from "../../core/record.ts";
import type { World } from "../world.ts";
import type { MakeCheck } from "./check.ts";

/** What clocks of the same rate differ by when they are added up. */
const ROUNDING_MS = 0.001;

/**
 * What a proxy knows it has read, and what it has read it believes for a lease from when it asked: an answer that still
 * names a member was asked for before the record ceased to.
 */
export const onePlace: MakeCheck = (world) => {
  const leftAtMs = new Map<string, number>();
  return {
    proves:
      "a route leads to one place: no proxy lets a client in to a member later than a lease after the record has ceased to send clients there",
    recordChanged(before, after) {
      const [was, is] = [placeIn(before), placeIn(after)];
      if (was !== null && was !== is) leftAtMs.set(was, world.timeline.nowMs);
    },
    leads(member) {
      if (placeIn(world.record) === member || isAnotherStore(world)) return;
      const sinceMs = world.timeline.nowMs - (leftAtMs.get(member) ?? -Infinity);
      if (sinceMs > world.settings.timing.leaseMs + ROUNDING_MS)
        world.violated(this, `clients are let in to "${member}" ${Math.round(sinceMs)} ms after the record left it`);
    },
  };
};

/** Who has not seen more believes a store that went back, and what it said for a lease. */
function isAnotherStore({ store, timeline, settings }: World): boolean {
  return store.data !== store.original || timeline.nowMs - store.anotherUntilMs <= settings.timing.leaseMs;
}

/** Where the record sends new clients; `null`: they wait. */
function placeIn(record: GroupRecord | null): string | null {
  if (record === null || !record.open || isGivingUp(record.switchover?.phase)) return null;
  return record.primary;
}
