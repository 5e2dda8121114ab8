import { isAbout } from "./alarm.ts";
import { silentMs } from "./expiry.ts";
import { contactOf, doubtSinceMs, hearingOf, type Hearing } from "./heard.ts";
import { isGivingUp } from "./record.ts";
import type { View } from "./view.ts";

/** How old a probe may be to count as a last look. */
const FRESH_PROBES = 4;

/** After so many unanswered questions in a row a primary whose stream formally stands is suspected too. */
const SILENT_PROBES = 3;

/** So many questions that nobody answered are the least for a last look: one may get lost. */
const LAST_QUESTIONS = 2;

/** As many may wait for their answers at a time. */
const QUESTIONS_AT_A_TIME = 4;

/**
 * Why a standby believes that the primary has failed, or `null`. Being wrong costs a pause of the writes
 * and never a write: in a lossless group a takeover still needs the seals.
 *
 * The word of the primary's own agent is enough. The end of the stream together with a refused or unanswered probe is evidence at once. A stream that
 * stands but brings nothing counts only with several unanswered probes and the silence of its agent: of its heartbeats, or, where
 * there are none, of its session.
 */
export function suspicion(view: View): string | null {
  const { record, probe, settings, streamDownSinceMs } = view;
  if (record?.primary == null || settings.durability.lossless === "off") return null;
  if (isAbout(view.alarm, record)) return `the agent of "${record.primary}" says: ${view.alarm.because}`;
  // Whom the configuration does not name cannot be asked: only its session tells.
  if (!settings.members.some(({ member }) => member === record.primary)) return null;
  if (probe === null || probe.member !== record.primary || probe.result === "answered") return null;
  if (view.nowMs - probe.atMs > FRESH_PROBES * settings.timing.beatMs) return null;
  const primary = `"${record.primary}"`;
  if (streamDownSinceMs !== null && probe.atMs >= streamDownSinceMs - settings.timing.beatMs) {
    if (isHandingOver(view)) return null;
    return `the stream from ${primary} has ended and a probe was ${probe.result === "refused" ? "refused" : "not answered"}`;
  }
  if (isSilent(view, record.primary))
    return `${primary} ${isDeaf(view, record.primary) ? "hears no heartbeat of ours" : "has sent no heartbeat in time"}, its stream brings nothing, and ${probe.failures} probes were not answered`;
  const late = view.holder !== null && silentMs(view.holder) > 2 * settings.timing.renewMs;
  const unanswered = probe.failures >= SILENT_PROBES && view.nowMs - probe.failingSinceMs >= settings.timing.hungMs;
  if (late && unanswered)
    return `${primary} has not renewed its session in time and ${probe.failures} probes were not answered`;
  return null;
}

/** Heartbeats of the session that holds the term, both ways; of another one, or where there are none, nothing is concluded. */
function hearing({ heard, record, settings }: View): Hearing | null {
  const of = record?.primary == null ? undefined : heard[record.primary];
  return of === undefined || of.session !== record?.session ? null : contactOf(of, settings.timing);
}

/** Whether the primary has fallen silent on all ways: heartbeats, every question since then, and the stream. */
function isSilent(view: View, primary: string): boolean {
  const { probe, settings, nowMs } = view;
  if (hearing(view) !== "silent" || probe === null || isHandingOver(view)) return false;
  const { askMs, lastLookMs } = settings.timing;
  const sinceMs = Math.max(probe.failingSinceMs, doubtsSinceMs(view, primary));
  const wasAsked = probe.failures >= LAST_QUESTIONS && probe.atMs - sinceMs >= askMs / 2;
  return wasAsked && nowMs - view.streamMovedAtMs >= lastLookMs / 2;
}

/** Whether a last look is being taken: heartbeats are late, and nobody has answered since. */
export function isLookingClosely(view: View): boolean {
  const { record, probe } = view;
  const now = hearing(view);
  if (now === null || now === "heard" || record?.primary == null) return false;
  const sinceMs = doubtsSinceMs(view, record.primary);
  return !(probe?.member === record.primary && probe.result === "answered" && probe.atMs >= sinceMs);
}

function isDeaf({ heard, settings }: View, primary: string): boolean {
  const of = heard[primary];
  return of !== undefined && hearingOf(of, settings.timing) === "heard";
}

function doubtsSinceMs({ heard }: View, primary: string): number {
  const of = heard[primary];
  return of === undefined ? Infinity : doubtSinceMs(of);
}

/** How many questions to the primary may wait for their answers at a time: each costs it a process. */
export function questionsAtATime(view: View): number {
  return isLookingClosely(view) ? QUESTIONS_AT_A_TIME : 1;
}

/** Whether the primary is stopping on purpose right now, so that the end of its stream says nothing. */
function isHandingOver(view: View): boolean {
  const { record, settings, holder } = view;
  if (record === null || !isGivingUp(record.switchover?.phase)) return false;
  const holderRenews = holder !== null && silentMs(holder) <= 2 * settings.timing.renewMs;
  return holderRenews && view.nowMs - view.recordSinceMs <= settings.drainMs + settings.timing.leaseMs;
}

/**
 * Whether the primary should be asked directly now: there is a doubt, and the last answer is not fresh. One
 * that is stopping on purpose is not asked, nor one that is only just being promoted: each question costs it a process.
 */
export function wantsProbe(view: View): boolean {
  const { record, probe, settings } = view;
  if (record?.primary == null || record.primary === view.me || isHandingOver(view)) return false;
  if (!record.open && view.nowMs - view.recordSinceMs < settings.timing.beatMs) return false;
  if (isLookingClosely(view)) return true;
  const late = view.holder !== null && silentMs(view.holder) > 2 * settings.timing.renewMs;
  const unheard = hearing(view) === "late" || hearing(view) === "silent";
  if (view.streamDownSinceMs === null && !late && !unheard) return false;
  if (probe === null || probe.member !== record.primary) return true;
  if (unheard && probe.result === "answered") return view.nowMs - probe.atMs >= settings.timing.beatMs;
  const downSinceMs = view.streamDownSinceMs ?? probe.atMs;
  const askedSince = probe.atMs < downSinceMs - settings.timing.beatMs;
  return askedSince || view.nowMs - probe.atMs >= settings.timing.beatMs / 4;
}
