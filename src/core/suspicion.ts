import { isAbout } from "./alarm.ts";
import { silentMs } from "./expiry.ts";
import { isGivingUp } from "./record.ts";
import type { View } from "./view.ts";

/** How old a probe may be to count as a last look. */
const FRESH_PROBES = 4;

/** After so many unanswered questions in a row a primary whose stream formally stands is suspected too. */
const SILENT_PROBES = 3;

/**
 * Why a standby believes that the primary has failed, or `null`. Being wrong costs a pause of the writes
 * and never a write: in a lossless group a takeover still needs the seals.
 *
 * The word of the primary's own agent is enough. The end of the stream together with a refused or unanswered probe is evidence at once. A stream that
 * stands but brings nothing counts only with several unanswered probes and a late session.
 */
export function suspicion(view: View): string | null {
  const { record, probe, settings, streamDownSinceMs } = view;
  if (record?.primary == null || settings.durability.lossless === "off") return null;
  if (isAbout(view.alarm, record)) return `the agent of "${record.primary}" says: ${view.alarm.because}`;
  if (probe === null || probe.member !== record.primary || probe.result === "answered") return null;
  if (view.nowMs - probe.atMs > FRESH_PROBES * settings.timing.beatMs) return null;
  const primary = `"${record.primary}"`;
  if (streamDownSinceMs !== null && probe.atMs >= streamDownSinceMs - settings.timing.beatMs) {
    if (isHandingOver(view)) return null;
    return `the stream from ${primary} has ended and a probe was ${probe.result === "refused" ? "refused" : "not answered"}`;
  }
  const late = view.holder !== null && silentMs(view.holder) > 2 * settings.timing.renewMs;
  const unanswered = probe.failures >= SILENT_PROBES && view.nowMs - probe.failingSinceMs >= settings.timing.hungMs;
  if (late && unanswered)
    return `${primary} has not renewed its session in time and ${probe.failures} probes were not answered`;
  return null;
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
  const late = view.holder !== null && silentMs(view.holder) > 2 * settings.timing.renewMs;
  if (view.streamDownSinceMs === null && !late) return false;
  if (probe === null || probe.member !== record.primary) return true;
  const downSinceMs = view.streamDownSinceMs ?? probe.atMs;
  const askedSince = probe.atMs < downSinceMs - settings.timing.beatMs;
  return askedSince || view.nowMs - probe.atMs >= settings.timing.beatMs / 4;
}
