import type { Ask, Promised } from "./promise.ts";
import type { Timing } from "./timing.ts";

/**
 * What an observer knows of another agent's heartbeats. Instants and durations are of the observer's own monotonic
 * clock, and silence is counted only while the observer itself ran: no clocks are compared, and one that was stopped accuses nobody.
 */
export interface Heard {
  /** The session that the sender had when it was heard last. */
  readonly session: string;
  /** When it was heard last. */
  readonly atMs: number;
  /** Since when the silence counts: it was heard then, or the observer itself came back from a pause. */
  readonly sinceMs: number;
  /** For how long since then nothing was heard, as of the last time that this was counted. */
  readonly silentMs: number;
  /** How long it usually takes from one heartbeat to the next, and how much that varies: moving averages. */
  readonly gapMs: number;
  readonly spreadMs: number;
  /** Whether it has heard this observer lately. */
  readonly hearsUs: boolean;
  /** For how long it has not heard this observer, though the observer ran: the way there may be cut while the way back is not. */
  readonly deafMs: number;
  /** Since when it does not; `null`: it does. */
  readonly deafSinceMs: number | null;
  /** The observer itself has not been away since then. */
  readonly awakeSinceMs: number;
  /** For how long the sender's own work had given no sign of life: heartbeats come from a thread that may outlive it. */
  readonly stuckMs: number;
  /** What the sender wants promised. */
  readonly asks: readonly Ask[];
  /** What the sender has promised, until an instant of this clock that is early enough. */
  readonly promises: readonly Promised[];
}

/** What one heartbeat tells. */
export type Told = Pick<Heard, "session" | "hearsUs" | "deafMs" | "stuckMs" | "asks" | "promises">;

/** `late`: its service is asked now. `silent`: for so long that this, together with a last look that fails, is a reason to suspect it. */
export type Hearing = "heard" | "late" | "silent";

/** The weights by which a gap moves the averages: those of TCP's retransmission timer (RFC 6298), for the same purpose. */
const GAP_WEIGHT = 1 / 8;
const SPREAD_WEIGHT = 1 / 4;

/** As many spreads beyond the usual gap are still usual. */
const SPREADS = 4;

/** Folds one heartbeat into what was known; `null`: nothing of this life of the sender. */
export function afterHeartbeat(before: Heard | null, told: Told, nowMs: number, { heartbeatMs }: Timing): Heard {
  const awakeSinceMs = before?.awakeSinceMs ?? nowMs;
  const deafSinceMs = told.hearsUs ? null : (before?.deafSinceMs ?? nowMs);
  const deafMs = told.hearsUs ? 0 : Math.min(told.deafMs, nowMs - awakeSinceMs);
  const heard = { ...told, deafMs, deafSinceMs, awakeSinceMs, atMs: nowMs, sinceMs: nowMs, silentMs: 0 };
  if (before === null) return { ...heard, gapMs: heartbeatMs, spreadMs: 0 };
  const offMs = nowMs - before.sinceMs - before.gapMs;
  return {
    ...heard,
    gapMs: before.gapMs + GAP_WEIGHT * offMs,
    spreadMs: before.spreadMs + SPREAD_WEIGHT * (Math.abs(offMs) - before.spreadMs),
  };
}

/** `nowMs`, and the observer has run all the time since it last counted, `ranMs` ago. */
export function afterRunning(heard: Heard, ranMs: number, nowMs: number): Heard {
  return { ...heard, silentMs: heard.silentMs + Math.min(ranMs, nowMs - heard.sinceMs) };
}

/** The observer itself was away until `nowMs`: what it did not hear meanwhile says nothing, and the silence begins anew. */
export function afterOwnPause(heard: Heard, nowMs: number): Heard {
  return { ...heard, sinceMs: nowMs, silentMs: 0, awakeSinceMs: nowMs, deafMs: 0, deafSinceMs: null };
}

/** How much silence is late: never less than the profile's, more where gaps are long or vary, and less than what a lease would tell anyway. */
export function lateAfterMs({ gapMs, spreadMs }: Heard, { lateMs, leaseMs }: Timing): number {
  return Math.min(Math.max(lateMs, gapMs + SPREADS * spreadMs), leaseMs / 2);
}

/** How much silence is a reason to suspect: behind being late there must be time for a last look. */
export function silentAfterMs(heard: Heard, timing: Timing): number {
  return lateAfterMs(heard, timing) + timing.lastLookMs;
}

export function hearingOf(heard: Heard, timing: Timing): Hearing {
  return judged(silenceOf(heard, timing), heard, timing);
}

/** The same of both ways: a sender that does not hear the observer can no more be talked to than one that is silent. */
export function contactOf(heard: Heard, timing: Timing): Hearing {
  return judged(Math.max(silenceOf(heard, timing), heard.deafMs), heard, timing);
}

/** Since when there may be no contact. */
export function doubtSinceMs({ sinceMs, deafSinceMs }: Heard): number {
  return Math.min(sinceMs, deafSinceMs ?? Infinity);
}

function judged(ms: number, heard: Heard, timing: Timing): Hearing {
  if (ms >= silentAfterMs(heard, timing)) return "silent";
  return ms >= lateAfterMs(heard, timing) ? "late" : "heard";
}

/** How much silence is left until {@link hearingOf} may say something worse. */
export function leftMs(heard: Heard, timing: Timing): number {
  const ms = silenceOf(heard, timing);
  const late = lateAfterMs(heard, timing) - ms;
  return late > 0 ? late : Math.max(0, silentAfterMs(heard, timing) - ms) || Infinity;
}

/** A sender whose own work gives a sign every interval and has given none for longer than is late beside that is as silent as that work. */
function silenceOf({ silentMs, stuckMs }: Heard, { lateMs, heartbeatMs }: Timing): number {
  return silentMs + (stuckMs > heartbeatMs + lateMs ? stuckMs : 0);
}
