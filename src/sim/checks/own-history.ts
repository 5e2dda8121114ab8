import type { MakeCheck } from "./check.ts";

/** What a stream may bring, and what a take may say of its past. */
export const ownHistory: MakeCheck = (world) => ({
  proves:
    "a standby receives only what goes on from its own data, of a term that it has noted, and a history names no term that the data has nothing of",
  receives({ member, disk }, { upstream, term }, from) {
    const served = upstream.reign?.term ?? upstream.disk.promoting;
    if (upstream.role !== "primary" || served !== term) return;
    if (!disk.forks.some((fork) => fork.term === term))
      world.violated(this, `"${member}" receives term ${term}, which it has not noted`);
    if (from > 0 && disk.log[from - 1] !== upstream.disk.log[from - 1])
      world.violated(this, `"${member}" receives what does not go on from its ${from} entries`);
  },
  recordChanged(before, after) {
    if (before === null || after === null || after.term === before.term) return;
    const { forks } = after;
    const empty = forks.find((fork, i) => i > 0 && fork.offset <= (forks[i - 1]?.offset ?? 0));
    if (empty !== undefined)
      world.violated(this, `term ${after.term} names a term before ${empty.term} that has nothing in its history`);
  },
});
