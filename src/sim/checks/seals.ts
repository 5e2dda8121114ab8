import type { GroupRecord, Sealed } from "../../core/record.ts";
import type { Server } from "../server.ts";
import { canLearnTerms, ENTRY_BYTES, notedTerm, type Disk } from "../wal.ts";
import type { MakeCheck } from "./check.ts";

/** A seal is in the record by then, however late the store is. */
const LATEST_MS = 5000;

/** Rule 5, and what a position is. */
export const seals: MakeCheck = (world) => {
  const wrongWith = (server: Server, { position }: Sealed): string | null => {
    const { disk, member } = server;
    if (server.upstream !== null || server.stream !== null) return `"${member}" has sealed and still receives`;
    const has = Math.min(disk.flushed, disk.log.length) * ENTRY_BYTES;
    if (position.offset !== has || disk.log.length > disk.flushed)
      return `"${member}" has sealed at ${position.offset}, and has ${has} on its disk`;
    if (world.settings.hasData && server.role === "standby" && world.timeline.nowMs - server.replayHeldAtMs > LATEST_MS)
      return `"${member}" has sealed, and where its data ends is not known`;
    return isTermRight(disk, position.term) ? null : `"${member}" has sealed as of term ${position.term}, and is not`;
  };
  return {
    proves: "whoever has sealed receives nothing, and has on its disk what it says, as of the term that it says",
    recordChanged(before, after) {
      for (const [member, sealed] of Object.entries(after?.sealed ?? {})) {
        const server = world.server(member);
        if (server === undefined || !isNew(before, after, member)) continue;
        if (server.disk.incarnation !== sealed.incarnation) continue;
        const wrong = wrongWith(server, sealed);
        if (wrong !== null) world.violated(this, wrong);
      }
    },
    receives(server) {
      if (world.record?.sealed[server.member]?.incarnation === server.disk.incarnation)
        world.violated(this, `"${server.member}" receives, and is sealed in term ${world.record?.term}`);
    },
  };
};

function isNew(before: GroupRecord | null, after: GroupRecord | null, member: string): boolean {
  return JSON.stringify(before?.sealed[member]) !== JSON.stringify(after?.sealed[member]);
}

/** The term of the last entry. Where a term cannot be known the data counts for the last one that was noted, or for more. */
function isTermRight(disk: Disk, term: number): boolean {
  if (canLearnTerms(disk)) return term === (disk.log.at(-1)?.term ?? 0);
  return term > 0 && term >= notedTerm(disk.forks, disk.log.length);
}
