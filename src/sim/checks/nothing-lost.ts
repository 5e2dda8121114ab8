import { beginsWith, ENTRY_BYTES } from "../wal.ts";
import type { MakeCheck } from "./check.ts";

/** Rules 5 to 10. Not for asynchronous groups, which say what they may lose. */
export const nothingLost: MakeCheck = (world) => ({
  proves: "no acknowledged write is missing from any later primary's history",
  becamePrimary(server) {
    // One that was frozen in the middle of its promotion comes too late: it can acknowledge nothing, see one-acknowledger.ts.
    const isLate = (server.disk.promoting ?? 0) < (world.record?.term ?? 0);
    if (world.isLossless && !isLate && !beginsWith(server.disk.log, world.history.promised.log))
      world.violated(
        this,
        `"${server.member}" became primary and lacks acknowledged writes: it has ${server.disk.log.length} entries, ${world.history.promised.log.length} were acknowledged`,
      );
  },
  recordChanged(before, after) {
    if (!world.isLossless || before === null || after === null || after.term === before.term) return;
    const server = world.server(after.primary ?? "");
    const { log } = world.history.promised;
    if (before.acceptedLoss !== null || server === undefined || log.length === 0) return;
    // Somebody has replaced its data while the take was on its way: what was taken is that of the copy that the record names.
    if (server.disk.incarnation !== after.last?.incarnation) return;
    // An entry has one history, so the last one tells of all before it.
    const has = Math.min(server.disk.flushed, (after.forks.at(-1)?.offset ?? 0) / ENTRY_BYTES);
    if (has < log.length || server.disk.log[log.length - 1] !== log.at(-1))
      world.violated(this, `"${server.member}" took term ${after.term} and lacks acknowledged writes`);
  },
  acknowledged(server, count) {
    const { log } = world.history.promised;
    const at = Math.min(count, log.length) - 1;
    // An entry has one history: the same one at the same place has the same before it.
    if (world.isLossless && !server.isAltered && at >= 0 && server.disk.log[at] !== log[at])
      world.violated(this, `"${server.member}" acknowledges a history that lacks earlier acknowledged writes`);
  },
});
