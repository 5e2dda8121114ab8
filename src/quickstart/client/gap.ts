/** The longest time without an acknowledged commit. */
export interface Gap {
  readonly ms: number;
  /** When the commit before it was acknowledged. */
  readonly fromMs: number;
  /** When the commit after it was; the end of the window if none came. */
  readonly toMs: number;
  /** Whether a commit came after it. */
  readonly ended: boolean;
}

/**
 * The longest gap between two successive instants of `atMs` (ascending) that reaches into the window from
 * `fromMs` to `toMs`. It begins with the last instant before the window, so that the gap which an injected
 * fault makes is measured in full; a window that ends without an instant is a gap that has not ended.
 */
export function longestGap(atMs: readonly number[], fromMs: number, toMs: number): Gap {
  const first = firstAfter(atMs, fromMs);
  let last = atMs[first - 1] ?? fromMs;
  let longest: Gap = { ms: 0, fromMs: last, toMs: last, ended: true };
  for (let i = first; last < toMs; i += 1) {
    const at = atMs[i];
    const ended = at !== undefined && at <= toMs;
    const next = ended ? at : toMs;
    if (next - last > longest.ms) longest = { ms: next - last, fromMs: last, toMs: next, ended };
    last = next;
  }
  return longest;
}

/** How many instants lie in the window. */
export function countBetween(atMs: readonly number[], fromMs: number, toMs: number): number {
  return firstAfter(atMs, toMs) - firstAfter(atMs, fromMs);
}

/** The index of the first instant behind `afterMs`. */
function firstAfter(atMs: readonly number[], afterMs: number): number {
  let low = 0;
  let high = atMs.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((atMs[middle] as number) > afterMs) high = middle;
    else low = middle + 1;
  }
  return low;
}
