import type { Observation } from "../core/observation.ts";
import type { CheckNote, MemberReport, Sight } from "../core/session.ts";

/** What a member's agent tells the others about it. */
export function reportOf(
  observed: Observation,
  work: string | null,
  problem: string | null,
  health: MemberReport["health"],
  guard: string,
  checks: CheckNote | null,
  sees: Sight | undefined,
): MemberReport {
  const { service, record } = observed;
  const receiving = service?.receiving ?? null;
  return {
    state: service?.state ?? "starting",
    health,
    incarnation: service?.incarnation ?? null,
    offset: service?.offset ?? null,
    streaming: receiving !== null && receiving.streaming && receiving.term === record?.term,
    work,
    problem: service?.problem ?? problem,
    guard,
    ...(checks !== null && { checks }),
    ...(sees !== undefined && { sees }),
  };
}
