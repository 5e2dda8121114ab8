import { nearest } from "../lib/nearest.ts";
import type { GroupConfig } from "./config.ts";
import { sentence } from "./explain.ts";
import type { Finding, Path } from "./problem.ts";

/** What comes late, on purpose or by way of another standby, may be the only thing that somebody has: it must not be counted on. */
export function checkObservers(at: Path, { members }: GroupConfig): readonly Finding[] {
  return Object.values(members).flatMap(({ member, priority, follows, delayMs }) => {
    const path = [...at, "members", member];
    const way = follows === null ? "delay" : "follows";
    const findings: Finding[] = [];
    if ((follows !== null || delayMs > 0) && priority > 0) {
      const wrong = `"${member}" has a ${way === "delay" ? "delay" : "standby to follow"}, so it cannot take over at once`;
      findings.push({ path: [...path, way], part: "value", text: sentence(wrong, null, "priority: 0 beside it") });
    }
    const wrong = follows === null ? null : wrongUpstream(members, member, follows);
    if (wrong !== null) findings.push({ path: [...path, "follows"], part: "value", text: wrong });
    return findings;
  });
}

function wrongUpstream(members: GroupConfig["members"], member: string, follows: string): string | null {
  if (follows === member) return sentence(`"${member}" cannot follow itself`, null, "another member");
  const upstream = members[follows];
  if (upstream === undefined)
    return sentence(`there is no member "${follows}"`, nearest(follows, Object.keys(members)), "a member of the group");
  if (upstream.follows === null) return null;
  return sentence(`"${follows}" follows another one itself`, null, "a member that receives from the primary");
}
