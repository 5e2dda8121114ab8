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

/** What long work is called; its first word says which it is. */
const WORK: Readonly<Record<string, string>> = {
  create: "making the database",
  clone: "copying the database",
  rewind: "going back to where it left the common history",
  start: "starting",
  promote: "becoming primary",
};

/** A member in some words: `primary`, `standby, streaming`, `copying the database, 43 %`, … */
export function describeMember({ isPrimary, report, heardMsAgo }: WatchedMember): string {
  if (report === null || heardMsAgo === Infinity) return "starting its agent";
  if (heardMsAgo > 2500) return "its agent is silent";
  if (isPrimary && report.state === "primary") return "primary";
  if (report.state === "standby" && report.streaming) return "standby, streaming";
  const work = report.work === null ? null : describeWork(report.work);
  if (work !== null) return work;
  return report.problem === null ? STATES[report.state] : `${STATES[report.state]}: ${report.problem}`;
}

/** `null` for work that is not worth a person's time. */
function describeWork(work: string): string | null {
  const what = WORK[/^[\w-]+/.exec(work)?.[0] ?? ""];
  const percent = /\d+ %/.exec(work)?.[0];
  if (what === undefined) return null;
  return percent === undefined ? what : `${what}, ${percent}`;
}

/** A line a member. */
export function describeMembers(members: readonly WatchedMember[]): readonly string[] {
  return members.map((watched) => `  ${watched.member}  ${describeMember(watched)}`);
}

/** `118 ms`, `3.2 s` */
export function describeMs(ms: number): string {
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`;
}
