import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Fork } from "../../core/position.ts";
import { parseLsn } from "./lsn.ts";
import { historyFile, segmentIn } from "./wal-file.ts";

/** A stretch of the write-ahead log on one timeline; `null`: to its end. */
export interface Stretch {
  readonly timeline: number;
  readonly from: number;
  readonly to: number | null;
}

/**
 * Where a copy with the history `mine` leaves the history `theirs`: behind the last term that both have,
 * as soon as one of the two goes on to another. `null` when mine is the beginning of theirs, or the same.
 */
export function forkOffset(mine: readonly Fork[], theirs: readonly Fork[]): number | null {
  const same = (fork: Fork): boolean => theirs.some((f) => f.term === fork.term && f.offset === fork.offset);
  const common = mine.filter(same).at(-1)?.term ?? 0;
  const nextOf = (forks: readonly Fork[]): Fork | undefined => forks.find((fork) => fork.term > common);
  const offsets = [nextOf(mine), nextOf(theirs)].flatMap((fork) => (fork ? [fork.offset] : []));
  return offsets.length === 0 ? null : Math.min(...offsets);
}

/**
 * The stretches of the log behind `offset` that lead to `timeline`, by the history that the data itself
 * holds, as far as their files are still there.
 */
export async function stretchesBehind(
  data: string,
  timeline: number,
  offset: number,
  segmentBytes: number,
): Promise<readonly Stretch[]> {
  const text = await readFile(join(data, "pg_wal", historyFile(timeline)), "utf8").catch(() => "");
  const ends = text
    .split("\n")
    .map((line) => /^(\d+)\s+([0-9A-F]+\/[0-9A-F]+)/i.exec(line))
    .flatMap((match) => (match?.[2] === undefined ? [] : [{ timeline: Number(match[1]), to: parseLsn(match[2]) }]));
  const all = [...ends, { timeline, to: null }].map((end, index): Stretch => ({
    ...end,
    from: Math.max(offset, ends[index - 1]?.to ?? 0),
  }));
  const names = await readdir(join(data, "pg_wal"));
  return all.flatMap((stretch) => {
    const last = Math.floor(((stretch.to ?? Number.MAX_SAFE_INTEGER) - 1) / segmentBytes);
    const segments = names
      .map((name) => segmentIn(name, stretch.timeline, segmentBytes))
      .filter((segment) => segment >= Math.floor(stretch.from / segmentBytes) && segment <= last);
    const first = Math.min(...segments) * segmentBytes;
    const isBehind = stretch.to === null || stretch.to > stretch.from;
    return segments.length > 0 && isBehind ? [{ ...stretch, from: Math.max(stretch.from, first) }] : [];
  });
}
