import { beginsWith, type Entry } from "../wal.ts";
import type { MakeCheck } from "./check.ts";

/** Rules 5 and 8. */
export const nothingSeenLost: MakeCheck = (world) => {
  const seen: Entry[] = [];
  return {
    proves: "what a client of the proxy has read is not missing from any later primary's history",
    read(server, { log, count }) {
      if (!server.wasAltered && count > seen.length) seen.push(...log.slice(seen.length, count));
    },
    recordChanged(before, after) {
      if (before?.acceptedLoss != null && after !== null && after.term > before.term) seen.length = 0;
    },
    becamePrimary(server) {
      const isLate = (server.disk.promoting ?? 0) < (world.record?.term ?? 0);
      if (world.isLossless && !isLate && !beginsWith(server.disk.log, seen))
        world.violated(this, `"${server.member}" became primary and lacks a write that a reader saw`);
    },
  };
};
