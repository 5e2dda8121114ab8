/**
 * The one of `known` that `typed` was probably meant to be: at most a third of its letters off, or the
 * only one that it begins. `null` when nothing is near.
 */
export function nearest(typed: string, known: readonly string[]): string | null {
  const wanted = plain(typed);
  const ranked = known
    .map((name) => ({ name, off: editDistance(wanted, plain(name)) }))
    .toSorted((a, b) => a.off - b.off);
  const best = ranked[0];
  if (best !== undefined && best.off <= allowedErrors(best.name)) return best.name;
  const begun = wanted.length >= 2 ? known.filter((name) => plain(name).startsWith(wanted)) : [];
  return begun.length === 1 ? (begun[0] ?? null) : null;
}

/** One in three letters; in names of one or two letters none, or every name would be near every other. */
function allowedErrors(name: string): number {
  return Math.floor(name.length / 3);
}

/** Spelling that does not matter: `max_held`, `max-held` and `maxHeld` are the same. */
function plain(name: string): string {
  return name.toLowerCase().replaceAll(/[-_ ]/g, "");
}

/** How many letters to insert, leave out, replace or swap with their neighbour to turn `a` into `b`. */
export function editDistance(a: string, b: string): number {
  let before: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1;
      let least = Math.min((last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (last[j - 1] ?? 0) + same);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        least = Math.min(least, (before[j - 2] ?? 0) + 1);
      row.push(least);
    }
    before = last;
    last = row;
  }
  return last[b.length] ?? 0;
}
