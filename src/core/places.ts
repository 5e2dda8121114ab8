import type { GroupRecord } from "./record.ts";
import type { MemberSettings, Settings, View } from "./view.ts";

/** After it had to turn to the primary, a member that follows a standby stays there for so long. */
const BACK_AFTER_MS = 30_000;

/** The zone of a member; `null`: none is configured. */
export function zoneOf(settings: Settings, member: string): string | null {
  return settingsOf(settings, member)?.zone ?? null;
}

/**
 * Whether a member only watches: its data comes late, on purpose or by way of another standby. It neither seals nor takes, no commit rule
 * counts on it, and so nothing that is safe rests on how far it says that it is.
 */
export function isObserver(settings: Settings, member: string): boolean {
  const of = settingsOf(settings, member);
  return of?.isDelayed === true || of?.follows != null;
}

/**
 * From whom this member is to receive: the primary, or the standby that it is to follow, as long as that one is in the primary's
 * stream itself. `null`: there is no primary.
 */
export function upstreamOf(view: View, record: GroupRecord): string | null {
  const { settings, me, service } = view;
  const wished = settingsOf(settings, me)?.follows ?? record.primary;
  if (wished === null || record.primary === null || wished === record.primary || wished === me) return record.primary;
  if (!isSupplied(view, record, wished)) return record.primary;
  if (isReceivingFrom(view, record, wished)) return hasLost(view) ? record.primary : wished;
  if (service.receiving !== null) return hasStayed(view) ? wished : record.primary;
  return isOnItsWay(view) ? wished : record.primary;
}

function hasStayed({ done, nowMs }: View): boolean {
  return done?.action.do === "follow" && nowMs - done.sinceMs >= BACK_AFTER_MS;
}

/** It has just left the primary on purpose: the stream has stood until a moment ago, and the record has long been as it is. */
function isOnItsWay({ streamDownSinceMs, recordSinceMs, nowMs, settings }: View): boolean {
  const { leaveMs, leaseMs } = settings.timing;
  return nowMs - recordSinceMs > leaseMs && (streamDownSinceMs === null || nowMs - streamDownSinceMs <= leaveMs);
}

/** Whether another standby says, and has said lately, that it is in the stream of the record's primary. */
function isSupplied({ peers, nowMs, settings }: View, record: GroupRecord, member: string): boolean {
  const peer = peers[member];
  if (peer === undefined || nowMs - peer.heardAtMs >= settings.timing.leaseMs) return false;
  const { state, streaming } = peer.report;
  return record.members.includes(member) && record.sealed[member] === undefined && state === "standby" && streaming;
}

function isReceivingFrom({ service }: View, record: GroupRecord, member: string): boolean {
  return service.receiving?.from === member && service.receiving.term === record.term;
}

function hasLost({ streamDownSinceMs, nowMs, settings, done }: View): boolean {
  const sinceMs = Math.max(streamDownSinceMs ?? Infinity, done?.sinceMs ?? 0);
  return streamDownSinceMs !== null && nowMs - sinceMs > settings.timing.leaveMs;
}

function settingsOf({ members }: Settings, member: string): MemberSettings | undefined {
  return members.find((m) => m.member === member);
}
