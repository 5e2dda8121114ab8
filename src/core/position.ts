/**
 * How far a member's data goes: the term of its last complete entry, and the offset of that entry's end
 * in bytes (for services without data: 0).
 */
export interface Position {
  readonly term: number;
  readonly offset: number;
}

/** The data of term `term` begins behind `offset`. The list of forks of a group is sorted by term. */
export interface Fork {
  readonly term: number;
  readonly offset: number;
}

/** Negative when `a` has less than `b`, positive when it has more. Terms first: a shorter log of a later term wins. */
export function comparePositions(a: Position, b: Position): number {
  return a.term - b.term || a.offset - b.offset;
}

/** The position of a log that ends at `offset` and whose member has received from the primaries of `forks`. */
export function positionAt(offset: number, forks: readonly Fork[]): Position {
  const fork = forks.findLast((f) => offset > f.offset);
  return { term: fork?.term ?? 0, offset };
}

/**
 * Whether a log at `position` holds entries that the history `forks` does not: it goes on, in its own
 * term, behind the point where a later term began, or its term is not part of that history. Such a log must be rewound before it can follow.
 */
export function hasDiverged(position: Position, forks: readonly Fork[]): boolean {
  if (position.term !== 0 && !forks.some((f) => f.term === position.term)) return true;
  const next = forks.find((f) => f.term > position.term);
  return next !== undefined && position.offset > next.offset;
}
