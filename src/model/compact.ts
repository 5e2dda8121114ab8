import type { CommitRule } from "../core/commit-rule.ts";
import { commitRule } from "../core/commit-rule.ts";
import type { Fork, Position } from "../core/position.ts";
import type { GroupRecord, Sealed, Switchover } from "../core/record.ts";
import { NONE, type Rec } from "./state.ts";

/**
 * Between the core's plain values and the compact ones of the model. Whoever looks is called "m0", all others follow in
 * their order: names decide nothing but ties, and of two equal members either may be the first.
 */
export interface Names {
  readonly of: (i: number) => string;
  readonly index: (name: string) => number;
}

const cached = new Map<number, Names>();

/** The names as member `me` of `count` uses them. */
export function namesFor(me: number, count: number): Names {
  const known = cached.get(me * 16 + count);
  if (known !== undefined) return known;
  const order = [me, ...Array.from({ length: count }, (_, i) => i).filter((i) => i !== me)];
  const names: Names = {
    of: (i) => `m${order.indexOf(i)}`,
    index: (name) => order[Number(name.slice(1))] ?? NONE,
  };
  cached.set(me * 16 + count, names);
  return names;
}

const CURRENT = ".now";
const STALE = ".old";

export function copyOf(names: Names, i: number, stale: boolean): { member: string; incarnation: string } {
  const member = names.of(i);
  return { member, incarnation: member + (stale ? STALE : CURRENT) };
}

/** Rules: how many are needed (3 bits), the current copies (5 bits), the copies that no longer exist (5 bits). */
export function packRule(rule: CommitRule, names: Names): number {
  let [current, stale] = [0, 0];
  for (const copy of rule.of) {
    const bit = 1 << names.index(copy.member);
    if (copy.incarnation.endsWith(STALE)) stale |= bit;
    else current |= bit;
  }
  return ruleNumber(rule.need, current, stale);
}

export function ruleNumber(need: number, current: number, stale = 0): number {
  return need | (current << 3) | (stale << 8);
}

export const needOf = (rule: number): number => rule & 7;
export const currentOf = (rule: number): number => (rule >> 3) & 31;
/** How many copies a rule names. */
export function sizeOf(rule: number): number {
  let size = 0;
  for (let bits = rule >> 3; bits > 0; bits >>= 1) size += bits & 1;
  return size;
}

export const staleOf = (rule: number): number => (rule >> 8) & 31;

export function unpackRule(rule: number, names: Names): CommitRule {
  const copies = [];
  for (let i = 0; i < 5; i += 1) {
    if ((currentOf(rule) >> i) & 1) copies.push(copyOf(names, i, false));
    if ((staleOf(rule) >> i) & 1) copies.push(copyOf(names, i, true));
  }
  return commitRule(needOf(rule), copies);
}

/** The members' offsets count entries. */
export function packForks(forks: readonly Fork[]): string {
  return forks.map(({ term, offset }) => String.fromCharCode((term << 4) | offset)).join("");
}

export function unpackForks(forks: string): readonly Fork[] {
  return Array.from(forks, (char) => ({ term: char.charCodeAt(0) >> 4, offset: char.charCodeAt(0) & 15 }));
}

function packSeal({ incarnation, position }: Sealed): number {
  return 1 + (incarnation.endsWith(STALE) ? 1 : 0) + 2 * (position.term | (position.offset << 4));
}

export function sealPosition(seal: number): Position {
  const place = (seal - 1) >> 1;
  return { term: place & 15, offset: place >> 4 };
}

export const isSealStale = (seal: number): boolean => ((seal - 1) & 1) === 1;

const PHASES = ["requested", "draining", "yielding", "handed-over"] as const;

function packSwitchover(switchover: Switchover | null, names: Names): number {
  if (switchover === null) return 0;
  const to = switchover.to === null ? NONE : names.index(switchover.to);
  return 1 + PHASES.indexOf(switchover.phase) + 8 * (to + 1);
}

export const switchoverTo = (packed: number): number => (packed >> 3) - 1;
export const switchoverPhase = (packed: number): (typeof PHASES)[number] | null => PHASES[(packed & 7) - 1] ?? null;

function unpackSwitchover(packed: number, names: Names): Switchover | null {
  const phase = switchoverPhase(packed);
  const to = switchoverTo(packed);
  return phase && { to: to === NONE ? null : names.of(to), phase, by: "someone", because: "", id: "" };
}

export function unpackRecord(rec: Rec, names: Names, count: number): GroupRecord {
  const sealed: Record<string, Sealed> = {};
  const reinit: Record<string, string> = {};
  rec.sealed.forEach((seal, i) => {
    if (seal === 0) return;
    const { incarnation } = copyOf(names, i, isSealStale(seal));
    sealed[names.of(i)] = { incarnation, position: sealPosition(seal) };
  });
  for (let i = 0; i < count; i += 1) {
    if ((rec.reinit >> i) & 1) reinit[names.of(i)] = copyOf(names, i, false).incarnation;
    if ((rec.reinitDone >> i) & 1) reinit[names.of(i)] = copyOf(names, i, true).incarnation;
  }
  return {
    format: 1,
    group: "main",
    term: rec.term,
    rev: 1,
    primary: rec.primary === NONE ? null : names.of(rec.primary),
    session: rec.primary === NONE ? null : rec.live ? SESSION : "an earlier session",
    last: rec.last === NONE ? null : copyOf(names, rec.last, rec.lastStale),
    members: Array.from({ length: count }, (_, i) => names.of(i)),
    commit: rec.commit.map((rule) => unpackRule(rule, names)),
    sealed,
    open: rec.open,
    forks: unpackForks(rec.forks),
    dataId: "data",
    paused: null,
    switchover: unpackSwitchover(rec.switchover, names),
    acceptedLoss: null,
    reinit,
    because: "",
  };
}

/** Every agent's present session; it matters only whether the record names it. */
export const SESSION = "the present session";

export function packRecord(record: GroupRecord, names: Names, count: number): Rec {
  const sealed = Array.from({ length: count }, (_, i) => {
    const seal = record.sealed[names.of(i)];
    return seal === undefined ? 0 : packSeal(seal);
  });
  let [reinit, reinitDone] = [0, 0];
  for (const [member, incarnation] of Object.entries(record.reinit)) {
    if (incarnation.endsWith(STALE)) reinitDone |= 1 << names.index(member);
    else reinit |= 1 << names.index(member);
  }
  return {
    term: record.term,
    primary: record.primary === null ? NONE : names.index(record.primary),
    live: record.session === SESSION,
    last: record.last === null ? NONE : names.index(record.last.member),
    lastStale: record.last?.incarnation.endsWith(STALE) ?? false,
    commit: record.commit.map((rule) => packRule(rule, names)),
    sealed,
    open: record.open,
    forks: packForks(record.forks),
    switchover: packSwitchover(record.switchover, names),
    reinit,
    reinitDone,
  };
}
