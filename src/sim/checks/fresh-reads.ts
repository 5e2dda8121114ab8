import type { MakeCheck } from "./check.ts";

/** Rules 1 to 3: an old primary is over when its lease is. */
export const freshReads: MakeCheck = (world) => ({
  proves: "a read through the proxy shows all that was acknowledged a lease and a margin before",
  read(server) {
    const { leaseMs, marginMs } = world.settings.timing;
    const count = world.history.promised.countAt(world.timeline.nowMs - leaseMs - marginMs);
    if (world.isLossless && server.visible().length < count)
      world.violated(
        this,
        `"${server.member}" shows ${server.visible().length} entries, and ${count} were acknowledged a lease ago`,
      );
  },
});
