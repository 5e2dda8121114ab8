import type { Timing } from "./timing.ts";

/** Until when an agent may act by a renewal that was sent at `sentAtMs`: a margin less than the lease, from when it was sent, not from its answer. */
export function leaseEndMs(sentAtMs: number, { leaseMs, marginMs }: Timing): number {
  return sentAtMs + leaseMs - marginMs;
}

/** The end of a lease that ended at `endsAtMs`, once the store has said that a renewal sent at `sentAtMs` was applied. */
export function prolonged(endsAtMs: number, sentAtMs: number, timing: Timing): number {
  return Math.max(endsAtMs, leaseEndMs(sentAtMs, timing));
}

/** Whether a renewal may be sent at all: a lapsed session is over for good. */
export function mayRenew(endsAtMs: number, nowMs: number): boolean {
  return nowMs < endsAtMs;
}

/** A renewal that takes longer than this part of the time between two is overdue. */
const OVERDUE_AFTER_RENEWALS = 1.2;

/** Whether a session that ends at `endsAtMs` should have been renewed by now. Not so one that has not begun. */
export function isOverdue(endsAtMs: number, nowMs: number, { leaseMs, marginMs, renewMs }: Timing): boolean {
  return endsAtMs > 0 && endsAtMs - nowMs < leaseMs - marginMs - OVERDUE_AFTER_RENEWALS * renewMs;
}
