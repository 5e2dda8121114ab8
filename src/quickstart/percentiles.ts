/** Milliseconds of several runs: each figure is one that was really measured (nearest rank). */
export interface Spread {
  readonly min: number;
  readonly p50: number;
  readonly p95: number;
  readonly max: number;
}

/** The spread of `values`, rounded to a tenth; all 0 when there are none. */
export function spreadOf(values: readonly number[]): Spread {
  return {
    min: rounded(percentile(values, 0)),
    p50: rounded(percentile(values, 50)),
    p95: rounded(percentile(values, 95)),
    max: rounded(percentile(values, 100)),
  };
}

/** The smallest of `values` that at least `percent` of them do not exceed; 0 without values. */
export function percentile(values: readonly number[], percent: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const rank = Math.max(1, Math.ceil((percent / 100) * sorted.length));
  return sorted[rank - 1] ?? 0;
}

export function rounded(ms: number): number {
  return Math.round(ms * 10) / 10;
}
