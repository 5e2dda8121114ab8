import type { Observation } from "./observation.ts";
import type { GroupRecord } from "./record.ts";
import type { Health, Sight } from "./session.ts";

/**
 * What a primary's own checks and those of the others say of it together: `down` or `up` once more than half of those that have decided
 * say so, and otherwise `unknown`. One observer that errs, or that is cut off, moves nothing, and neither does the primary's own
 * agent where all others see it well.
 */
export function majorityOf(own: Health, others: readonly Health[]): Health {
  const decided = [own, ...others].filter((health) => health !== "unknown");
  const half = decided.length / 2;
  if (decided.filter((health) => health === "down").length > half) return "down";
  return decided.filter((health) => health === "up").length > half ? "up" : "unknown";
}

/** What others have seen of the record's primary in this term, and told within the last `lifeMs`. */
export function sightsOf(observed: Observation, record: GroupRecord, nowMs: number, lifeMs: number): readonly Health[] {
  return Object.values(observed.peers).flatMap(({ report, heardAtMs }) => {
    const { sees } = report;
    return sees !== undefined && isOf(sees, record) && nowMs - heardAtMs < lifeMs ? [sees.health] : [];
  });
}

function isOf({ member, term }: Sight, record: GroupRecord): boolean {
  return member === record.primary && term === record.term;
}
