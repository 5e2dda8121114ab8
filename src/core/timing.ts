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
  /** Between two heartbeats to each other agent. */
  readonly heartbeatMs: number;
  /** A silence of at least that long is late: the service is asked directly now. More where heartbeats come unevenly; see `heard.ts`. */
  readonly lateMs: number;
  /** So much longer the silence must last, and the last look with it, before the primary is suspected. */
  readonly lastLookMs: number;
  /** Between two questions of a last look: each may get lost, so several are under way at a time. */
  readonly askMs: number;
}

/** What a profile stands for: its lease, from which all other times follow. */
export const PROFILES = {
  /** Hosts beside each other that are never stopped for more than an eighth of a second. */
  fast: 1000,
  balanced: 2000,
  /** Hosts that are far apart. */
  wan: 5000,
} as const;

export type Profile = keyof typeof PROFILES;

/** The times that follow from a lease of `leaseMs` (at least 500). */
export function timingOf(leaseMs: number): Timing {
  const marginMs = Math.max(50, leaseMs / 10);
  const timing: Timing = {
    leaseMs,
    marginMs,
    renewMs: Math.floor(leaseMs / 3),
    beatMs: 300,
    hungMs: 300,
    probeMs: Math.max(150, leaseMs / 20),
    patienceMs: 300,
    leaveMs: 1000,
    unsealMs: 1500,
    gatherMs: 200,
    heartbeatMs: leaseMs / 20,
    lateMs: leaseMs / 10,
    lastLookMs: leaseMs / 10,
    askMs: leaseMs / 40,
  };
  if (leaseMs < 500) throw new RangeError(`a lease of ${leaseMs} ms is too short: at least 500 ms`);
  if (2 * timing.renewMs + 2 * marginMs > leaseMs) throw new RangeError("two failed renewals must fit into the lease");
  if (timing.lateMs + timing.lastLookMs < leaseMs / 8 + leaseMs / 40 + timing.heartbeatMs)
    throw new RangeError(
      "a pause of an eighth of the lease, late by a fortieth, between two heartbeats must be no reason to suspect",
    );
  if (timing.lateMs < 2 * timing.heartbeatMs) throw new RangeError("one lost heartbeat must not be late");
  if (timing.lastLookMs < 2 * timing.askMs) throw new RangeError("a last look must have time for two questions");
  if (leaseMs / 2 + timing.lastLookMs > leaseMs - marginMs)
    throw new RangeError("however uneven the heartbeats, the silence must tell before the lease does");
  return timing;
}
