import type { MakeCheck } from "./check.ts";

/** Rules 1 to 3: an old primary is over when its lease is. */
export const freshReads: MakeCheck = (world) => ({
  proves: "a read through the proxy shows all that was acknowledged a lease and a margin before",
  read(server, seen, atMs) {
    const { leaseMs, marginMs } = world.settings.timing;
    const count = world.history.promised.countAt(atMs - leaseMs - marginMs);
    if (world.isLossless && seen.count < count)
      world.violated(
        this,
        `"${server.member}" shows ${seen.count} entries, and ${count} were acknowledged a lease ago`,
      );
  },
});
