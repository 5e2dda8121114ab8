/**
 * When the next piece of work is due in an open loop of one every `periodMs`: work that was held up is
 * caught up with, but never more than `catchUpMs` of it, so that a pause is not followed by a storm.
 */
export function nextDueMs(dueMs: number, nowMs: number, periodMs: number, catchUpMs: number): number {
  return Math.max(dueMs + periodMs, nowMs - catchUpMs);
}
