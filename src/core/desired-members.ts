import type { GroupRecord } from "./record.ts";
import type { View } from "./view.ts";

/** A change of the members that the primary wants, and why. */
export interface DesiredMembers {
  readonly members: readonly string[];
  readonly because: string;
}

/**
 * Who shall belong to the group, by the primary's own configuration; `null`: as now. A new member may at once seal and take, as far as
 * its data allows: no rule counts on it yet. One that goes must not be counted on any more: its seal would be missed.
 */
export function desiredMembers(view: View, record: GroupRecord): DesiredMembers | null {
  const configured = view.settings.members.map(({ member }) => member);
  const joining = configured.filter((member) => !record.members.includes(member));
  const leaving = record.members.filter((member) => !configured.includes(member) && !isNeeded(view, record, member));
  if (joining.length + leaving.length === 0) return null;
  const staying = record.members.filter((member) => !leaving.includes(member));
  return { members: [...staying, ...joining], because: reasonFor(joining, leaving) };
}

/** Whether a rule counts on a copy of this member, or it is the primary itself. */
function isNeeded({ me }: View, record: GroupRecord, member: string): boolean {
  return member === me || record.commit.some((rule) => rule.of.some((copy) => copy.member === member));
}

function reasonFor(joining: readonly string[], leaving: readonly string[]): string {
  const parts = [
    ...joining.map((member) => `"${member}" is in the configuration and becomes a member`),
    ...leaving.map((member) => `"${member}" is no longer in the configuration and leaves the group`),
  ];
  return parts.join("; ");
}
