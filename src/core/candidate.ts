import { ALONE, commitRule, includesCopy, meetsRule, sameCopy, type CommitRule, type Copy } from "./commit-rule.ts";
import { isExpired } from "./expiry.ts";
import { isObserver, zoneOf } from "./places.ts";
import { comparePositions, hasDiverged, type Fork } from "./position.ts";
import type { GroupRecord, Sealed } from "./record.ts";
import type { View } from "./view.ts";

/** Whether a member may take now: yes and why, or what it waits for. */
export type TakeVerdict =
  | { readonly may: true; readonly because: string }
  /** `inMs`: when time alone may change it; 0: time alone does not. */
  | { readonly may: false; readonly because: string; readonly inMs: number };

interface Candidate extends Sealed {
  readonly member: string;
}

/**
 * Rule 6: a sealed member may take when the data condition and the exclusivity condition both hold, and
 * no better candidate is to be waited for.
 */
export function mayTake(view: View): TakeVerdict {
  const { record, me } = view;
  const order = candidates(view);
  const place = order.findIndex((candidate) => candidate.member === me);
  if (record === null || place < 0) return no("it has not sealed");
  if (priorityOf(view, me) === 0) return no("its priority is 0, so it never takes over");
  const excluded = exclusivity(view);
  if (!excluded.may) return excluded;
  const data = dataCondition(view, order.slice(place));
  if (!data.may) return data;
  const before = preferredTo(view, record, order, place);
  const waitMs = before.length * view.settings.timing.patienceMs - (view.nowMs - view.recordSinceMs);
  if (waitMs > 0)
    return no(
      `${before.map((member) => `"${member}"`).join(", ")} may go first and is given ${Math.ceil(waitMs)} ms more`,
      waitMs,
    );
  const gather = gatherMs(view);
  if (gather > 0) return no(`it waits ${Math.ceil(gather)} ms more for members that may have more`, gather);
  return yes(`${excluded.because}; ${data.because}`);
}

/** Who is given a moment to take before `me`: the better candidates, and the member that a switchover names, sealed or not. */
function preferredTo(view: View, record: GroupRecord, order: readonly Candidate[], place: number): readonly string[] {
  const { me } = view;
  const better = order
    .slice(0, place)
    .map((candidate) => candidate.member)
    .filter((member) => priorityOf(view, member) > 0);
  const wanted = record.switchover?.to ?? me;
  return wanted === me || order.some((candidate) => candidate.member === wanted) ? better : [...better, wanted];
}

/**
 * The sealed members, the best one first: the greatest position, then the wish of a switchover, priority, how many of the others are in
 * other zones (there its writes are safe at once), name.
 */
export function candidates(view: View): readonly Candidate[] {
  const { record } = view;
  if (record === null) return [];
  const wanted = record.switchover?.to ?? record.acceptedLoss?.to ?? null;
  return Object.entries(record.sealed)
    .filter(([member]) => record.members.includes(member))
    .map(([member, sealed]) => ({ member, ...sealed }))
    .toSorted(
      (a, b) =>
        comparePositions(b.position, a.position) ||
        Number(b.member === wanted) - Number(a.member === wanted) ||
        Number(isLast(record, a)) - Number(isLast(record, b)) ||
        priorityOf(view, b.member) - priorityOf(view, a.member) ||
        othersApart(view, record, b.member) - othersApart(view, record, a.member) ||
        (a.member < b.member ? -1 : 1),
    );
}

/** How many of the other sealed members are certainly not in the zone of `member`. */
function othersApart({ settings }: View, { sealed }: GroupRecord, member: string): number {
  const zone = zoneOf(settings, member);
  if (zone === null) return 0;
  const zones = Object.keys(sealed).map((other) => zoneOf(settings, other));
  return zones.filter((other) => other !== null && other !== zone).length;
}

/** 0: never to be primary. */
function priorityOf(view: View, member: string): number {
  return view.settings.members.find((m) => m.member === member)?.priority ?? 0;
}

/** The old primary can no longer be one: it has given the term up, its lease has run out, or nothing of it can be acknowledged any more. */
function exclusivity(view: View): TakeVerdict {
  const { record, holder } = view;
  if (record === null) return no("there is no record");
  if (record.primary === null) return yes("the record is vacant");
  if (hasExpired(view)) return yes(`the session of "${record.primary}" has expired`);
  const sealed = candidates(view);
  if (record.commit.every((rule) => meetsRule(rule, sealed)))
    return yes(`${names(sealed)} have sealed, so "${record.primary}" can acknowledge nothing any more`);
  return no(
    holder === null
      ? `"${record.primary}" has not been observed long enough`
      : `"${record.primary}" may still act: ${missing(record.commit, sealed)}`,
  );
}

/** Whether the primary's lease is known to have run out, on this member's own clock. */
export function hasExpired(view: View): boolean {
  const { record, holder, settings } = view;
  return record?.primary != null && holder !== null && isExpired(holder, settings.timing);
}

/** Everything that was acknowledged is in one of `behind`, of which the first is the taker and has the most. */
function dataCondition(view: View, behind: readonly Candidate[]): TakeVerdict {
  const { record, settings } = view;
  if (record === null) return no("there is no record");
  if (!settings.hasData) return yes("there is no data that could be lost");
  if (record.last !== null && includesCopy(behind, record.last))
    return yes(`${names(behind)} include the last primary's own data`);
  if (record.commit.every((rule) => meetsRule(rule, behind)))
    return yes(`${names(behind)} hold all that was acknowledged`);
  if (record.acceptedLoss?.to === view.me && record.acceptedLoss.term === record.term)
    return yes(`"${record.acceptedLoss.by}" accepted that writes may be lost`);
  if (settings.durability.lossless === "off") return withinMaxLoss(view, settings.durability.maxLossBytes);
  return no(`not enough have sealed: ${missing(record.commit, behind)}`);
}

function withinMaxLoss(view: View, maxLossBytes: number): TakeVerdict {
  const loss = possibleLossBytes(view);
  if (loss === null) return no("nobody knows how far the last primary was; an operator must accept the loss");
  if (loss > maxLossBytes)
    return no(`${loss} bytes may be lost and maxLoss allows ${maxLossBytes}; an operator must accept the loss`);
  return yes(`at most ${loss} bytes may be lost, which maxLoss allows`);
}

/** How much of what the last primary was heard to have this member lacks; `null` when nobody heard of it. */
export function possibleLossBytes(view: View): number | null {
  const { record, me, peers, service } = view;
  const mine = record?.sealed[me]?.position.offset ?? service.offset;
  const told = record?.last ? (peers[record.last.member]?.report.offset ?? null) : null;
  const heard = [service.heardOffset, told].filter((offset) => offset !== null);
  if (heard.length === 0 || mine === null || mine === undefined) return null;
  return Math.max(0, Math.max(...heard) - mine);
}

/** Groups without commit rules: the members heard of lately are waited for, so that the first is not taken for the best. */
function gatherMs(view: View): number {
  const { record, peers, settings, me } = view;
  if (record === null || settings.durability.lossless !== "off") return 0;
  const lately = view.nowMs - settings.timing.leaseMs;
  const waiting = record.members.some(
    (member) =>
      member !== me &&
      !isObserver(settings, member) &&
      !record.sealed[member] &&
      (peers[member]?.heardAtMs ?? 0) > lately &&
      peers[member]?.report.state === "standby",
  );
  return waiting ? settings.timing.gatherMs - (view.nowMs - view.recordSinceMs) : 0;
}

/**
 * The commit rule of a new term: the members that have just sealed are alive and their copies are known.
 * In a switchover, or when they are too few, the copies of the old rules come in addition: they will be
 * there soon. Not one that has sealed with more than the new history has: it must be rewound first, and may not be
 * while it is counted on. Still too few: nothing can be acknowledged until one joins.
 */
export function ruleAtTake(view: View): CommitRule {
  const { record, me, settings } = view;
  const { durability } = settings;
  if (record === null || durability.lossless === "off") return ALONE;
  const forks = forksAtTake(view, record);
  const mayCount = (copy: Copy): boolean =>
    copy.member !== me &&
    durability.of.includes(copy.member) &&
    record.members.includes(copy.member) &&
    !hasSealedElsewhere(record, copy, forks);
  const sealed = candidates(view)
    .map(({ member, incarnation }) => ({ member, incarnation }))
    .filter(mayCount);
  if (sealed.length >= durability.need && record.switchover === null) return commitRule(durability.need, sealed);
  const old = record.commit
    .toReversed()
    .flatMap((rule) => rule.of)
    .filter(mayCount);
  const known = [...sealed, ...old];
  return commitRule(
    durability.need,
    known.filter((copy, i) => known.findIndex((c) => c.member === copy.member) === i),
  );
}

/** The history of the term that would begin now. */
function forksAtTake({ me, service }: View, record: GroupRecord): readonly Fork[] {
  const position = record.sealed[me]?.position;
  if (position === undefined) return service.forks;
  return [
    ...service.forks.filter((fork) => fork.term <= position.term),
    { term: record.term + 1, offset: position.offset },
  ];
}

function hasSealedElsewhere(record: GroupRecord, copy: Copy, forks: readonly Fork[]): boolean {
  const sealed = record.sealed[copy.member];
  return sealed !== undefined && sealed.incarnation === copy.incarnation && hasDiverged(sealed.position, forks);
}

function isLast(record: GroupRecord, candidate: Candidate): boolean {
  return record.last !== null && sameCopy(record.last, candidate);
}

function missing(commit: readonly CommitRule[], sealed: readonly Copy[]): string {
  const rule = commit.find((r) => !meetsRule(r, sealed));
  if (rule === undefined) return "nothing is missing";
  if (rule.need === 0) return "it may have gone on alone, so only its own data holds everything";
  const absent = rule.of.filter((copy) => !includesCopy(sealed, copy)).map((copy) => copy.member);
  const met = rule.of.length - absent.length;
  return `${met} of the ${rule.of.length - rule.need + 1} that are needed have sealed; missing: ${absent.join(", ")}`;
}

function names(copies: readonly Copy[]): string {
  return copies.map((copy) => copy.member).join(", ");
}

function yes(because: string): TakeVerdict {
  return { may: true, because };
}

function no(because: string, inMs = 0): TakeVerdict {
  return { may: false, because, inMs };
}
