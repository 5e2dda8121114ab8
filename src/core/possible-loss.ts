import { includesCopy, meetsRule } from "./commit-rule.ts";
import { comparePositions } from "./position.ts";
import type { GroupRecord } from "./record.ts";

/** What a takeover with the members that have sealed could lose. */
export interface PossibleLoss {
  /** Nothing can be lost. */
  readonly none: boolean;
  /** Who would take over; `null`: nobody has sealed (or not the wished one). */
  readonly to: string | null;
  readonly text: string;
}

/** Says for a person what would be accepted by taking over with what has sealed so far, to `wished` or to the best. */
export function possibleLossOf(record: GroupRecord, wished: string | null): PossibleLoss {
  const sealed = Object.entries(record.sealed)
    .map(([member, s]) => ({ member, ...s }))
    .toSorted((a, b) => comparePositions(b.position, a.position));
  const to = wished === null ? sealed[0] : sealed.find((s) => s.member === wished);
  if (to === undefined)
    return {
      none: false,
      to: null,
      text:
        wished === null
          ? "no member has sealed, so nobody can take over"
          : `"${wished}" has not sealed, so it cannot take over`,
    };
  const behind = sealed.filter((s) => comparePositions(s.position, to.position) <= 0);
  const complete =
    record.commit.every((rule) => meetsRule(rule, behind)) ||
    (record.last !== null && includesCopy(behind, record.last));
  if (complete) return { none: true, to: to.member, text: "nothing can be lost" };
  if (record.dataId === "") return { none: false, to: to.member, text: stillActive(record, to.member) };
  const counted = [...new Set(record.commit.flatMap((rule) => rule.of.map((copy) => copy.member)))];
  const absent = counted.filter((member) => !behind.some((s) => s.member === member));
  const who = record.last ? [record.last.member, ...absent.filter((m) => m !== record.last?.member)] : absent;
  return {
    none: false,
    to: to.member,
    text: `writes that only ${who.join(", ")} acknowledged may be lost behind offset ${to.position.offset} of term ${to.position.term} on "${to.member}"`,
  };
}

/** Without data nothing can be lost but that it is active at one place only. */
function stillActive({ last, primary }: GroupRecord, to: string): string {
  const former = last?.member ?? primary ?? "the last primary";
  return `"${former}" may still be active when "${to}" becomes so, since nobody can tell that it has ended`;
}
