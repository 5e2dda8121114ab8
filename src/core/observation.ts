import type { Alarm } from "./alarm.ts";
import { REPLACED, watchSession, type SessionWatch } from "./expiry.ts";
import { newestRule, type GroupRecord } from "./record.ts";
import type { ServiceLook } from "./service-look.ts";
import type { SessionValue } from "./session.ts";
import type { Timing } from "./timing.ts";
import type { Peer, ProbeView } from "./view.ts";

/** A session key as read. */
export interface SessionRead {
  readonly revision: number;
  readonly value: SessionValue | null;
}

/** What one successful read of the store showed. */
export interface StoreRead {
  readonly record: GroupRecord | null;
  readonly revision: number;
  readonly sessions: Readonly<Record<string, SessionRead>>;
  readonly alarm: Alarm | null;
  /** When the read was sent: what it shows was true then or later. */
  readonly sentAtMs: number;
  /** When the answer came: what it shows was true then or before. */
  readonly answeredAtMs: number;
}

/** What an agent remembers from one beat to the next: a value that goes in and comes out. */
export interface Observation {
  readonly record: GroupRecord | null;
  readonly revision: number;
  readonly recordSinceMs: number;
  readonly holder: SessionWatch | null;
  /** The session that `holder` observes, `NODE ID`. */
  readonly holderOf: string;
  readonly peers: Readonly<Record<string, Peer>>;
  readonly peerRevisions: Readonly<Record<string, number>>;
  readonly alarm: Alarm | null;
  readonly service: ServiceLook | null;
  readonly stateSinceMs: number;
  readonly streamDownSinceMs: number | null;
  readonly streamMovedAtMs: number;
  readonly absentSinceMs: Readonly<Record<string, number>>;
}

export const NOTHING_OBSERVED: Observation = {
  record: null,
  revision: 0,
  recordSinceMs: 0,
  holder: null,
  holderOf: "",
  peers: {},
  peerRevisions: {},
  alarm: null,
  service: null,
  stateSinceMs: 0,
  streamDownSinceMs: 0,
  streamMovedAtMs: 0,
  absentSinceMs: {},
};

/** Folds a read of the store into what was known. */
export function afterRead(before: Observation, read: StoreRead, me: string, timing: Timing): Observation {
  const { record, revision, sentAtMs, answeredAtMs } = read;
  const same = before.revision === revision && before.record?.rev === record?.rev;
  const holderOf = record?.primary == null || record.primary === me ? "" : `${record.primary} ${record.session}`;
  const known = holderOf === before.holderOf ? before.holder : null;
  const session = holderOf === "" || record === null ? null : holderRevision(read, record);
  const holder = session === null ? null : watchSession(known, session, sentAtMs, answeredAtMs, timing);
  return {
    ...before,
    record,
    revision,
    recordSinceMs: same ? before.recordSinceMs : sentAtMs,
    holder,
    holderOf,
    alarm: read.alarm,
    ...peersAfter(before, read, me),
  };
}

/** `null`: the holder's session was not asked for, because it was not known to be a member. */
function holderRevision(read: StoreRead, record: GroupRecord): number | null {
  const session = record.primary === null ? undefined : read.sessions[record.primary];
  if (session === undefined) return null;
  if (session.value === null) return 0;
  return session.value.id === record.session ? session.revision : REPLACED;
}

function peersAfter(before: Observation, read: StoreRead, me: string): Pick<Observation, "peers" | "peerRevisions"> {
  const peers: Record<string, Peer> = {};
  const peerRevisions: Record<string, number> = {};
  const group = read.record?.group;
  for (const [node, session] of Object.entries(read.sessions)) {
    const report = group === undefined ? undefined : session.value?.members[group];
    peerRevisions[node] = session.revision;
    const heardAtMs =
      before.peerRevisions[node] === session.revision
        ? (before.peers[node]?.heardAtMs ?? read.sentAtMs)
        : read.sentAtMs;
    if (report !== undefined && node !== me) peers[node] = { report, heardAtMs };
  }
  return { peers, peerRevisions };
}

/** Folds a look at the service into what was known. */
export function afterLook(before: Observation, look: ServiceLook, nowMs: number): Observation {
  const stateSinceMs = before.service?.state === look.state ? before.stateSinceMs : nowMs;
  const streams = look.receiving?.streaming === true;
  const streamDownSinceMs = streams ? null : (before.streamDownSinceMs ?? nowMs);
  const hasMoved = streams && look.heardOffset !== (before.service?.heardOffset ?? null);
  return {
    ...before,
    service: look,
    stateSinceMs,
    streamDownSinceMs,
    streamMovedAtMs: hasMoved ? nowMs : before.streamMovedAtMs,
    absentSinceMs: absentAfter(before, look, nowMs),
  };
}

/** Since when each member that the newest rule counts on has not been in the stream of this primary. */
function absentAfter(before: Observation, look: ServiceLook, nowMs: number): Readonly<Record<string, number>> {
  if (look.state !== "primary" || before.record === null) return {};
  const streaming = look.followers.filter((follower) => follower.streaming).map((follower) => follower.member);
  const absent = newestRule(before.record)
    .of.map((copy) => copy.member)
    .filter((member) => !streaming.includes(member));
  return Object.fromEntries(absent.map((member) => [member, before.absentSinceMs[member] ?? nowMs]));
}

/** Folds the outcome of a question to the primary into what was known. */
export function afterProbe(
  before: ProbeView | null,
  member: string,
  result: ProbeView["result"],
  askedAtMs: number,
): ProbeView {
  // Several questions may be under way: what an earlier one came to is out of date.
  if (before !== null && before.member === member && askedAtMs < before.atMs) return before;
  if (result === "answered") return { member, result, atMs: askedAtMs, failures: 0, failingSinceMs: askedAtMs };
  const goesOn = before !== null && before.member === member && before.failures > 0;
  return {
    member,
    result,
    atMs: askedAtMs,
    failures: goesOn ? before.failures + 1 : 1,
    failingSinceMs: goesOn ? before.failingSinceMs : askedAtMs,
  };
}
