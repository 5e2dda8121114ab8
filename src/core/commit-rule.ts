/** A member's data directory as it is now: the incarnation changes when it is created, cloned, rewound or restored. */
export interface Copy {
  readonly member: string;
  readonly incarnation: string;
}

/**
 * A write is acknowledged once `need` of the copies in `of` have it on disk. `need: 0` with an empty
 * `of` is the rule of a primary that goes on alone. With more needed than listed nothing is acknowledged.
 */
export interface CommitRule {
  readonly need: number;
  readonly of: readonly Copy[];
}

/** The rule of a primary that goes on alone (and of asynchronous groups): no standby is waited for. */
export const ALONE: CommitRule = { need: 0, of: [] };

/** Whether two copies are the same data directory in the same life. */
export function sameCopy(a: Copy, b: Copy): boolean {
  return a.member === b.member && a.incarnation === b.incarnation;
}

/** Whether `copies` holds that very copy. */
export function includesCopy(copies: readonly Copy[], copy: Copy): boolean {
  for (const c of copies) if (sameCopy(c, copy)) return true;
  return false;
}

/** A rule with its copies in the order of their names, so that equal rules look equal. */
export function commitRule(need: number, of: readonly Copy[]): CommitRule {
  return { need, of: of.toSorted((a, b) => (a.member < b.member ? -1 : a.member > b.member ? 1 : 0)) };
}

/** Whether two rules ask for the same acknowledgements. */
export function sameRule(a: CommitRule, b: CommitRule): boolean {
  return a.need === b.need && a.of.length === b.of.length && a.of.every((c) => includesCopy(b.of, c));
}

/**
 * Whether `sealed` meets every set of copies that could have acknowledged a write under `rule`: then no
 * further write can be acknowledged under it, and every acknowledged one is on one of them at least.
 * A primary that goes on alone is met by nobody.
 */
export function meetsRule(rule: CommitRule, sealed: readonly Copy[]): boolean {
  if (rule.need === 0) return false;
  const met = rule.of.filter((copy) => includesCopy(sealed, copy)).length;
  return met >= rule.of.length - rule.need + 1;
}

/** Whether `having` are enough copies to acknowledge a write under `rule`. */
export function acknowledges(rule: CommitRule, having: readonly Copy[]): boolean {
  let count = 0;
  for (const copy of rule.of) if (includesCopy(having, copy)) count++;
  return count >= rule.need;
}

/** The rule in words: `1 of b, c`, `alone`. */
export function describeRule(rule: CommitRule): string {
  if (rule.need === 0) return "alone";
  return `${rule.need} of ${rule.of.map((c) => c.member).join(", ") || "nobody yet"}`;
}
