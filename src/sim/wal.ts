import type { Fork } from "../core/position.ts";

/** One entry of a pretended log. All are equally long, so an offset is a count. */
export interface Entry {
  /** Unlike that of any other entry of the world; it stands for its content. */
  readonly id: number;
  /** The first entry of a term, and by which copy. */
  readonly opens: { readonly term: number; readonly incarnation: string } | null;
  /** Of which term the primary was that has written it; nobody of the group can see that. */
  readonly term: number;
}

export const ENTRY_BYTES = 10;

/** A timeline of the log and the number of entries before it. Two servers that are promoted apart may choose the same number. */
export interface Timeline {
  readonly number: number;
  readonly from: number;
}

/** What a member has on its disk. */
export interface Disk {
  state: "empty" | "partial" | "whole";
  incarnation: string | null;
  dataId: string | null;
  forks: readonly Fork[];
  /** The term whose promotion was begun and is not settled. */
  promoting: number | null;
  /** All that was written; the first `flushed` of it survive the loss of power. */
  log: Entry[];
  flushed: number;
  timelines: readonly Timeline[];
  /** Whether the last one to write was a primary that stopped in an orderly way. */
  isClean: boolean;
}

export function emptyDisk(): Disk {
  return {
    state: "empty",
    incarnation: null,
    dataId: null,
    forks: [],
    promoting: null,
    log: [],
    flushed: 0,
    timelines: [],
    isClean: false,
  };
}

/** The terms that came while the agent was away, and are not noted. */
export function unnotedTerms({ forks, log }: Disk): readonly number[] {
  const noted = notedTerm(forks, log.length);
  return [...new Set(log.map(({ term }) => term).filter((term) => term > noted))];
}

/**
 * Whether each of them has its first entry there, behind a change of the timeline that is behind the last noted term's beginning. Where
 * one is missing, or a term began where the one before it had, nobody can tell, and nothing is noted: the data counts for less than it is.
 */
export function canLearnTerms(disk: Disk): boolean {
  const unnoted = unnotedTerms(disk);
  const last = disk.forks.at(-1)?.offset ?? -1;
  const switches = disk.timelines.slice(1).filter(({ from }) => from * ENTRY_BYTES > last);
  return switches.length >= unnoted.length && unnoted.every((term) => disk.log.some((e) => e.opens?.term === term));
}

/** Whether each term that it has something of is noted. */
export function isNamedRight({ forks, log }: Disk): boolean {
  return log.every(({ term }) => term === 0 || forks.some((fork) => fork.term === term));
}

/** The last term of which a log of `count` entries has something, as far as it is noted. */
export function notedTerm(forks: readonly Fork[], count: number): number {
  return forks.findLast(({ offset }) => offset < count * ENTRY_BYTES)?.term ?? 0;
}

/** Whether `prefix` is how `log` begins. */
export function beginsWith(log: readonly Entry[], prefix: readonly Entry[]): boolean {
  if (log.length < prefix.length) return false;
  for (let i = prefix.length - 1; i >= 0; i--) if (log[i] !== prefix[i]) return false;
  return true;
}

/** Whether a standby with `mine` entries on `timelines` may go on from a log with `theirs`, as PostgreSQL decides: by numbers, not by content. */
export function mayFollow(
  mine: number,
  timelines: readonly Timeline[],
  theirs: number,
  upstream: readonly Timeline[],
): boolean {
  const last = timelines.at(-1);
  if (last === undefined || mine > theirs) return false;
  const at = upstream.findIndex(({ number }) => number === last.number);
  if (at < 0) return false;
  const next = upstream[at + 1];
  return next === undefined || mine <= next.from;
}
