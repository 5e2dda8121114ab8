/**
 * All times of the protocol, derived from one number. The relations that safety rests on are asserted
 * where they are derived, so that no setting can break them.
 */
export interface Timing {
  /** How long an agent may go on acting without having renewed. */
  readonly leaseMs: number;
  /** What every holder stops before its lease ends, and every observer waits behind it: clock rates, timers, the time to stop. */
  readonly marginMs: number;
  /** Between renewals of a session. Two may fail before the lease is in danger. */
  readonly renewMs: number;
  /** The regular beat; it only catches what no event told. */
  readonly beatMs: number;
  /** Without an answer for that long a service counts as hung. */
  readonly hungMs: number;
  /** For how long a last look waits for an answer. */
  readonly probeMs: number;
  /** How long a preferred candidate is waited for, per place in the order, before the next one takes. */
  readonly patienceMs: number;
  /** A standby that has not streamed for that long leaves the commit rule (if enough others are left). */
  readonly leaveMs: number;
  /** Until then a sealed standby waits for a takeover before it follows a primary that still works. */
  readonly unsealMs: number;
  /** How long an asynchronous takeover waits for members heard of lately. */
  readonly gatherMs: number;
}

/** The times that follow from a lease of `leaseMs` (at least 500). */
export function timingOf(leaseMs: number): Timing {
  const marginMs = Math.max(50, leaseMs / 10);
  const timing: Timing = {
    leaseMs,
    marginMs,
    renewMs: Math.floor(leaseMs / 3),
    beatMs: 300,
    hungMs: 300,
    probeMs: 150,
    patienceMs: 300,
    leaveMs: 1000,
    unsealMs: 1500,
    gatherMs: 200,
  };
  if (leaseMs < 500) throw new RangeError(`a lease of ${leaseMs} ms is too short: at least 500 ms`);
  if (2 * timing.renewMs + 2 * marginMs > leaseMs) throw new RangeError("two failed renewals must fit into the lease");
  return timing;
}
