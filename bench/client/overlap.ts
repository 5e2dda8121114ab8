/** A write that a member acknowledged while it was primary of the timeline that the answer told. */
export interface Witnessed {
  readonly member: string;
  readonly timeline: string;
  readonly sentAtMs: number;
  readonly acknowledgedAtMs: number;
}

/** From the first acknowledgement to the last sending: in all that time the member surely acknowledged. */
export interface Reign {
  readonly member: string;
  readonly timeline: string;
  readonly fromMs: number;
  readonly toMs: number;
  readonly writes: number;
}

/** The reigns that the acknowledged writes prove, one a member and timeline, in the order of their begin. */
export function reignsOf(writes: readonly Witnessed[]): readonly Reign[] {
  const reigns = new Map<string, Reign>();
  for (const { member, timeline, sentAtMs, acknowledgedAtMs } of writes) {
    const key = `${member} ${timeline}`;
    const before = reigns.get(key) ?? { member, timeline, fromMs: Infinity, toMs: -Infinity, writes: 0 };
    reigns.set(key, {
      ...before,
      fromMs: Math.min(before.fromMs, acknowledgedAtMs),
      toMs: Math.max(before.toMs, sentAtMs),
      writes: before.writes + 1,
    });
  }
  return [...reigns.values()].toSorted((a, b) => a.fromMs - b.fromMs);
}

/** For how long two members acknowledged at the same time. */
export function twoPrimariesMs(writes: readonly Witnessed[]): number {
  const reigns = reignsOf(writes);
  let total = 0;
  for (const [i, a] of reigns.entries())
    for (const b of reigns.slice(i + 1))
      if (a.member !== b.member) total += Math.max(0, Math.min(a.toMs, b.toMs) - Math.max(a.fromMs, b.fromMs));
  return total;
}
