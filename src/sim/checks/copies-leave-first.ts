import { includesCopy, type Copy } from "../../core/commit-rule.ts";
import type { GroupRecord } from "../../core/record.ts";
import { beginsWith, canLearnTerms, isNamedRight, notedTerm, type Disk } from "../wal.ts";
import type { MakeCheck } from "./check.ts";

/** For so long a term must have been closed before a copy gets worse for it: 3 s, by a clock of another rate and a look that was begun before. */
const CLOSED_MS = 2500;

/** From the decision to replace a copy until that begins: the wish for it may be called off meanwhile. */
const BEGINS_WITHIN_MS = 500;

/** Rule 10. */
export const copiesLeaveFirst: MakeCheck = (world) => {
  /** Since when the term is as open or closed as it is. */
  let sinceMs = 0;
  const calledOffAtMs = new Map<string, number>();
  return {
    proves:
      "a copy is replaced only when no seal and no commit rule counts on it, or when its term cannot open otherwise; and only when it cannot go on as it is",
    recordChanged(before, after) {
      if (after?.term !== before?.term || after?.open !== before?.open) sinceMs = world.timeline.nowMs;
      for (const member of Object.keys(before?.reinit ?? {}))
        if (after?.reinit[member] === undefined) calledOffAtMs.set(member, world.timeline.nowMs);
    },
    destroys({ member, disk, copy }, term) {
      const { record } = world;
      if (disk.state !== "whole" || record?.primary == null || record.term !== term) return;
      if (record.sealed[member]?.incarnation === copy.incarnation)
        world.violated(this, `the data of "${member}" is replaced, and its seal stands in the record`);
      if (record.open && isCounted(record, copy))
        world.violated(this, `the data of "${member}" is replaced, and a commit rule counts on it`);
      const primary = world.server(record.primary);
      const sinceOffMs = world.timeline.nowMs - (calledOffAtMs.get(member) ?? -Infinity);
      const isWanted = record.reinit[member] !== undefined || sinceOffMs < BEGINS_WITHIN_MS;
      if (
        !isWanted &&
        primary !== undefined &&
        beginsWith(primary.disk.log, disk.log) &&
        areComparable(primary.disk, disk)
      )
        world.violated(this, `the data of "${member}" is replaced, though that of "${record.primary}" begins so`);
      const closedMs = world.timeline.nowMs - sinceMs;
      if (!record.open && closedMs < CLOSED_MS)
        world.violated(this, `the data of "${member}" is replaced ${Math.round(closedMs)} ms after term ${term} began`);
    },
  };
};

/**
 * Whether their positions tell how their data compares. They do not where a term of the primary's data has no name, nor where the copy
 * counts for a term that never had an entry: its upstream took that term, never began it, and handed on what an older one had. Either
 * is replaced without need; nothing acknowledged is in such a term, so nothing is lost by it.
 */
function areComparable(primary: Disk, mine: Disk): boolean {
  return isNamedRight(primary) && canLearnTerms(mine) && notedTerm(mine.forks, mine.log.length) <= lastTerm(mine);
}

function lastTerm({ log }: Disk): number {
  return log.at(-1)?.term ?? 0;
}

/** As the record says it, told again here: a newest rule that nobody can meet makes the older ones hold nobody back. */
function isCounted({ commit }: GroupRecord, copy: Copy): boolean {
  const newest = commit.at(-1);
  if (newest !== undefined && newest.of.length < newest.need) return includesCopy(newest.of, copy);
  return commit.some((rule) => includesCopy(rule.of, copy));
}
