import type { ServiceState } from "../core/service-look.ts";
import type { WatchedMember } from "./group-watch.ts";

/** What each state is called to somebody who sees it for the first time. */
const STATES: Readonly<Record<ServiceState, string>> = {
  empty: "has no data yet",
  partial: "its copy is not complete yet",
  foreign: "holds data that is not this group's",
  stopped: "stopped",
  starting: "starting",
  stopping: "stopping",
  standby: "standby, catching up",
  primary: "was primary, stepping down",
  hung: "does not answer",
};

/** A member in some words: `primary`, `standby, streaming`, `starting`, … */
export function describeMember({ isPrimary, report, heardMsAgo }: WatchedMember): string {
  if (report === null) return "starting its agent";
  if (heardMsAgo > 2500) return "its agent is silent";
  if (isPrimary && report.state === "primary") return "primary";
  if (report.state === "standby" && report.streaming) return "standby, streaming";
  const more = [report.work, report.problem].filter((text) => text !== null);
  return [STATES[report.state], ...more].join(": ");
}

/** A line a member. */
export function describeMembers(members: readonly WatchedMember[]): readonly string[] {
  return members.map((watched) => `  ${watched.member}  ${describeMember(watched)}`);
}

/** `118 ms`, `3.2 s` */
export function describeMs(ms: number): string {
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`;
}
