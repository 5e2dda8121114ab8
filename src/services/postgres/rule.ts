import { ALONE, commitRule, type CommitRule } from "../../core/commit-rule.ts";
import { parseStandbyName, standbyName } from "./standby-name.ts";

/** Names that no standby has. They stand for copies that are needed and not named yet; a single one makes the setting `NOBODY`. */
const nobody = (n: number): string => (n === 1 ? "understudy:nobody" : `understudy:nobody:${n}`);

/**
 * The `synchronous_standby_names` that puts `rule` in force in `term`: only copies that follow this very
 * term count. With more needed than listed it is padded with names that nobody has.
 */
export function ruleSetting(rule: CommitRule, term: number): string {
  if (rule.need === 0) return "";
  const sorted = commitRule(rule.need, rule.of);
  const listed = sorted.of.map((copy) => standbyName(copy, term));
  const missing = Array.from({ length: Math.max(0, rule.need - listed.length) }, (_, i) => nobody(i + 1));
  return `ANY ${rule.need} (${[...listed, ...missing].map((name) => `"${name}"`).join(", ")})`;
}

/** The rule that `setting` puts in force in `term`; `null` when {@link ruleSetting} has not made it for that term. */
export function parseRule(setting: string, term: number): CommitRule | null {
  if (setting === "") return ALONE;
  const parts = /^ANY (\d+) \(((?:"[^"]+", )*"[^"]+")\)$/.exec(setting);
  if (parts?.[2] === undefined) return null;
  const names = parts[2].split(", ").map((quoted) => quoted.slice(1, -1));
  const of = names.map(parseStandbyName).filter((declared) => declared?.term === term);
  const copies = of.flatMap((d) => (d === null ? [] : [{ member: d.member, incarnation: d.incarnation }]));
  const rule = commitRule(Number(parts[1]), copies);
  return ruleSetting(rule, term) === setting ? rule : null;
}
