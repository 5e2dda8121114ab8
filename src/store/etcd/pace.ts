/** The times of an etcd store. All follow from the lease, which they must not use up. */
export interface Pace {
  /** So long one member is waited for before the next one is asked, too. */
  readonly hedgeMs: number;
  /** Within that time a read settles. It is asked again and elsewhere until then. */
  readonly readMs: number;
  /** Within that time a transaction settles: two that get lost, and their reads, must fit into a lease. */
  readonly changeMs: number;
  /** Between two signs of life on the stream of changes; it has ended when two are missing. */
  readonly signMs: number;
  /** For how long a store that cannot be reached is tried when it is opened. */
  readonly openMs: number;
}

/** The times that follow from a lease of `leaseMs`; 50, 500, 300 and 150 ms for the shortest profile. */
export function paceOf(leaseMs: number): Pace {
  return {
    hedgeMs: Math.min(250, leaseMs / 20),
    readMs: leaseMs / 2,
    changeMs: leaseMs * 0.3,
    signMs: Math.min(1000, leaseMs * 0.15),
    openMs: 5000,
  };
}
