import type { Timing } from "../../core/timing.ts";

/**
 * What a holder reckons about its own lease: the same as `agent/session-keeper.ts`, restated without its promises and
 * timers, which cannot be stepped through.
 */

/** Until when it may act by a renewal that was sent at `sentAtMs`. */
export function leaseEnd(sentAtMs: number, timing: Timing): number {
  return sentAtMs + timing.leaseMs - timing.marginMs;
}

/** The end of its lease once the answer to a renewal is there, at `nowMs`. */
export function extended(endsAtMs: number, sentAtMs: number, nowMs: number, timing: Timing): number {
  return nowMs < sentAtMs ? endsAtMs : Math.max(endsAtMs, leaseEnd(sentAtMs, timing));
}

/** Whether a renewal may be sent at all: a lapsed session is over. */
export function mayRenew(endsAtMs: number, nowMs: number): boolean {
  return nowMs < endsAtMs;
}

/** Whether the store applies a renewal: it compares the held record, too. */
export function renewalApplies(recordStillNamesIt: boolean): boolean {
  return recordStillNamesIt;
}
