import { ALONE, commitRule, includesCopy, sameRule, type CommitRule, type Copy } from "./commit-rule.ts";
import type { Fork, Position } from "./position.ts";

/** A member that has stopped receiving in the record's term: how far its data goes, and which copy that is. */
export interface Sealed {
  readonly incarnation: string;
  readonly position: Position;
}

/** A planned change of the primary, as far as it has come. */
export interface Switchover {
  /** The member that shall take over; `null`: the best one. */
  readonly to: string | null;
  /**
   * `requested`: the primary gets ready; `draining`: clients are held, work under way may end; `yielding`: nothing is under
   * way any more, the standbys have everything and may seal; `handed-over`: vacated or taken.
   */
  readonly phase: "requested" | "draining" | "yielding" | "handed-over";
  readonly by: string;
  readonly because: string;
  /** A random id, so that its events can be told from those of another one. */
  readonly id: string;
}

/** While paused nobody changes roles by himself. */
export interface Pause {
  readonly by: string;
  readonly because: string;
  /** When, for people (ISO 8601). */
  readonly at: string;
}

/** An operator's word that a takeover may lose acknowledged writes. Used up by the take, and gone when what it was given for is over. */
export interface AcceptedLoss {
  /** The member that shall take over although it may lack something. */
  readonly to: string;
  /** It holds for this term only. */
  readonly term: number;
  readonly by: string;
}

/**
 * The one authoritative value of a group. It is changed only by compare-and-set on its key's revision,
 * and only by the functions of this file, each of which raises `rev`.
 */
export interface GroupRecord {
  readonly format: 1;
  readonly group: string;
  /** Grows by one with each new primary. */
  readonly term: number;
  /** Grows by one with each change. */
  readonly rev: number;
  /** `null`: vacant; the last primary's service is known to be down. */
  readonly primary: string | null;
  /** The session of the primary's agent in which it holds the term; `null` when vacant. */
  readonly session: string | null;
  /** The last primary's copy, kept when the record is vacant. */
  readonly last: Copy | null;
  /** The members; only these may seal or take. */
  readonly members: readonly string[];
  /** Writes may have been acknowledged under any of these. Never empty. */
  readonly commit: readonly CommitRule[];
  readonly sealed: Readonly<Record<string, Sealed>>;
  /** Whether clients may be let in. */
  readonly open: boolean;
  /** Where each term of the primary's history began; the last one is the record's term, once taken. */
  readonly forks: readonly Fork[];
  /** The identity that all copies of the data share; `""` for services without data. */
  readonly dataId: string;
  readonly paused: Pause | null;
  readonly switchover: Switchover | null;
  readonly acceptedLoss: AcceptedLoss | null;
  /** Members whose copy is to be replaced, with the incarnation that is meant. */
  readonly reinit: Readonly<Record<string, string>>;
  /** Why it was changed last: the rule's name and a sentence. */
  readonly because: string;
}

/** As many terms as are remembered; an older copy is cloned anew. */
const FORKS_KEPT = 200;

type Change = Partial<Omit<GroupRecord, "format" | "group" | "rev" | "because">>;

/** The only way in which a record changes: everything else stays, `rev` grows. */
function changed(record: GroupRecord, because: string, change: Change): GroupRecord {
  return { ...record, ...change, rev: record.rev + 1, because };
}

/** The first record of a group: vacant, with the founder's data as the only copy, which alone may take. */
export function founded(
  group: string,
  members: readonly string[],
  founder: Copy,
  position: Position,
  forks: readonly Fork[],
  dataId: string,
  because: string,
): GroupRecord {
  return {
    format: 1,
    group,
    term: Math.max(position.term, forks.at(-1)?.term ?? 0),
    rev: 1,
    primary: null,
    session: null,
    last: founder,
    members,
    commit: [ALONE],
    sealed: { [founder.member]: { incarnation: founder.incarnation, position } },
    open: false,
    forks,
    dataId,
    paused: null,
    switchover: null,
    acceptedLoss: null,
    reinit: {},
    because,
  };
}

/** `copy` has stopped receiving and stays so; its final position. */
export function seal(record: GroupRecord, copy: Copy, position: Position, because: string): GroupRecord {
  const sealed = { ...record.sealed, [copy.member]: { incarnation: copy.incarnation, position } };
  return changed(record, because, { sealed });
}

/** `member` is about to receive again (or to lose its data), so its seal no longer counts. */
export function leaveSealed(record: GroupRecord, member: string, because: string): GroupRecord {
  const { [member]: _, ...sealed } = record.sealed;
  const acceptedLoss = record.acceptedLoss?.to === member ? null : record.acceptedLoss;
  return changed(record, because, { sealed, acceptedLoss });
}

/** The next term. The old commit rules stay beside `rule` until it opens. */
export function take(
  record: GroupRecord,
  me: Copy,
  session: string,
  position: Position,
  forks: readonly Fork[],
  rule: CommitRule,
  because: string,
): GroupRecord {
  const term = record.term + 1;
  const mine = forks.filter((fork) => fork.term <= position.term);
  // Whoever becomes primary has the copy that counts: a wish to replace it is over.
  const { [me.member]: _, ...reinit } = record.reinit;
  return changed(record, because, {
    term,
    primary: me.member,
    session,
    last: me,
    sealed: {},
    open: false,
    commit: withRule(record.commit, rule),
    forks: [...mine, { term, offset: position.offset }].slice(-FORKS_KEPT),
    acceptedLoss: null,
    switchover: record.switchover && { ...record.switchover, phase: "handed-over" },
    reinit,
  });
}

/** Every old rule stays beside the new one: until the term opens, writes acknowledged under any of them may matter. */
function withRule(commit: readonly CommitRule[], rule: CommitRule): readonly CommitRule[] {
  return [...commit.filter((old) => !sameRule(old, rule)), rule];
}

/** A restarted agent goes on in a term that its node holds. */
export function adoptSession(record: GroupRecord, session: string, because: string): GroupRecord {
  return changed(record, because, { session, acceptedLoss: null });
}

/**
 * The first entry of the term has been acknowledged under the newest rule by `having`: clients may come
 * in. The older rules go with the same change, because the newest one was in force before the term's first
 * entry, so whoever has that entry has all that came before.
 */
export function openTerm(record: GroupRecord, because: string): GroupRecord {
  return changed(record, because, {
    open: true,
    commit: record.commit.slice(-1),
    switchover: null,
    acceptedLoss: null,
  });
}

/** The holder gives the term up: all processes of its service are confirmed gone. Its data is sealed if its end is known. */
export function vacate(record: GroupRecord, position: Position | null, because: string): GroupRecord {
  const last = record.last;
  const handing = record.switchover && position ? ({ ...record.switchover, phase: "handed-over" } as const) : null;
  const sealed =
    last && position ? { ...record.sealed, [last.member]: { incarnation: last.incarnation, position } } : record.sealed;
  return changed(record, because, { primary: null, session: null, open: false, sealed, switchover: handing });
}

/** Writes may from now on be acknowledged under `rule` too. */
export function addRule(record: GroupRecord, rule: CommitRule, because: string): GroupRecord {
  return changed(record, because, { commit: withRule(record.commit, rule) });
}

/** Only the newest rule is left: it is in force, and enough copies have all that was written before it was. */
export function dropOldRules(record: GroupRecord, because: string): GroupRecord {
  return changed(record, because, { commit: record.commit.slice(-1) });
}

/** From now on these are the members; a wish to replace the copy of one that has gone is over. */
export function withMembers(record: GroupRecord, members: readonly string[], because: string): GroupRecord {
  const kept = <T>(of: Readonly<Record<string, T>>): Readonly<Record<string, T>> =>
    Object.fromEntries(Object.entries(of).filter(([member]) => members.includes(member)));
  return changed(record, because, { members, reinit: kept(record.reinit), sealed: kept(record.sealed) });
}

/** Nothing but `rev` changes: whoever wins this knows that no change of his own is still on its way. */
export function settle(record: GroupRecord, because: string): GroupRecord {
  return changed(record, because, {});
}

/** An operator's changes; see `operations.ts` for what makes them legal. */
export function withSwitchover(record: GroupRecord, switchover: Switchover | null, because: string): GroupRecord {
  return changed(record, because, { switchover });
}

export function withPause(record: GroupRecord, paused: Pause | null, because: string): GroupRecord {
  return changed(record, because, { paused });
}

export function withAcceptedLoss(record: GroupRecord, acceptedLoss: AcceptedLoss, because: string): GroupRecord {
  return changed(record, because, { acceptedLoss });
}

export function withReinit(
  record: GroupRecord,
  member: string,
  incarnation: string | null,
  because: string,
): GroupRecord {
  const { [member]: _, ...rest } = record.reinit;
  return changed(record, because, { reinit: incarnation === null ? rest : { ...rest, [member]: incarnation } });
}

/** Whether the primary of a planned switchover is on its way out: it lets nobody in, and the end of its streams says nothing. */
export function isGivingUp(phase: Switchover["phase"] | null | undefined): boolean {
  return phase === "draining" || phase === "yielding";
}

/** The newest commit rule: the one that the primary has in force, or is about to. */
export function newestRule(record: GroupRecord): CommitRule {
  return record.commit.at(-1) ?? commitRule(1, []);
}

/**
 * Whether a copy is counted on by any rule, so that it must not get worse. Under a newest rule that nobody can
 * meet nothing is acknowledged until a copy joins: then old rules hold nobody back who is not in it.
 */
export function isCountedOn(record: GroupRecord, copy: Copy): boolean {
  const newest = newestRule(record);
  if (newest.of.length < newest.need) return includesCopy(newest.of, copy);
  return record.commit.some((rule) => includesCopy(rule.of, copy));
}
