import { possibleLossOf } from "./possible-loss.ts";
import { withAcceptedLoss, withPause, withReinit, withSwitchover, type GroupRecord } from "./record.ts";
import type { MemberReport } from "./session.ts";

/** What an operator can ask for. */
export type Request =
  | { readonly do: "switchover"; readonly to: string | null }
  | { readonly do: "failover"; readonly to: string | null; readonly acceptLoss: boolean }
  | { readonly do: "pause" }
  | { readonly do: "resume" }
  | { readonly do: "reinit"; readonly member: string };

/** Who asked, why, and the shell's marks for it: a random id and the time, for people. */
export interface Asked {
  readonly by: string;
  readonly because: string;
  readonly id: string;
  readonly at: string;
}

/** The changed record, or why not. */
export type Answer =
  | { readonly outcome: "accepted"; readonly record: GroupRecord; readonly text: string }
  | { readonly outcome: "refused" | "unknown-name"; readonly text: string };

type Reports = Readonly<Record<string, MemberReport>>;

/** What becomes of the record when an operator asks; pure. `reports` are those heard of lately, `barred` the members that never become primary. */
export function operate(
  record: GroupRecord,
  request: Request,
  asked: Asked,
  reports: Reports,
  barred: readonly string[],
): Answer {
  const named = "to" in request ? request.to : "member" in request ? request.member : null;
  if (named !== null && !record.members.includes(named)) {
    return {
      outcome: "unknown-name",
      text: `Group "${record.group}" has no member "${named}"; it has ${record.members.join(", ")}`,
    };
  }
  switch (request.do) {
    case "switchover":
      return switchover(record, request.to, asked, withoutBarred(reports, barred));
    case "failover":
      return failover(record, request, asked, reports);
    case "pause":
      return pause(record, asked);
    case "resume":
      return record.paused === null
        ? refused(`Group "${record.group}" is not paused`)
        : accepted(withPause(record, null, `${asked.by} resumed the group`), "Resumed");
    case "reinit":
      return reinit(record, request.member, asked, reports);
  }
}

/** A member that never becomes primary has a reason that stands before all others. */
function withoutBarred(reports: Reports, barred: readonly string[]): Reports {
  const told = (member: string, report: MemberReport): MemberReport =>
    barred.includes(member) ? { ...report, work: "its priority is 0, so it never takes over" } : report;
  return Object.fromEntries(Object.entries(reports).map(([member, report]) => [member, told(member, report)]));
}

function switchover(record: GroupRecord, to: string | null, asked: Asked, reports: Reports): Answer {
  const { primary } = record;
  if (primary === null || !record.open)
    return refused(
      `Cannot switch over: no primary serves group "${record.group}" now. A takeover comes by itself when enough members are there`,
    );
  if (record.switchover !== null)
    return refused(`Cannot switch over: another switchover, asked for by ${record.switchover.by}, is under way`);
  if (to === primary) return refused(`"${to}" is the primary already`);
  const obstacle = to === null ? anyReady(record, reports) : obstacleOf(record, to, reports);
  if (obstacle !== null) return refused(`Cannot switch over${to === null ? "" : ` to "${to}"`}: ${obstacle}`);
  const because = asked.because || `${asked.by} asked for it`;
  const next = withSwitchover(record, { to, phase: "requested", by: asked.by, because, id: asked.id }, because);
  return accepted(next, `"${primary}" hands over to ${to === null ? "the best standby" : `"${to}"`}`);
}

function anyReady(record: GroupRecord, reports: Reports): string | null {
  const reasons = record.members.filter((m) => m !== record.primary).map((m) => obstacleOf(record, m, reports));
  if (reasons.includes(null)) return null;
  return reasons.join("; ") || "there is no other member";
}

/** Why a member could not take over now; `null`: it could. */
export function obstacleOf(record: GroupRecord, member: string, reports: Reports): string | null {
  const report = reports[member];
  if (report === undefined) return `the agent of "${member}" has not been heard of`;
  if (report.work !== null) return `"${member}" cannot now: ${report.work}`;
  if (report.state !== "standby") return `"${member}" is ${report.state}${report.problem ? `: ${report.problem}` : ""}`;
  if (!report.streaming) return `"${member}" does not stream from "${record.primary}"`;
  return null;
}

function failover(
  record: GroupRecord,
  request: { to: string | null; acceptLoss: boolean },
  asked: Asked,
  reports: Reports,
): Answer {
  if (record.primary !== null && record.open && reports[record.primary]?.state === "primary") {
    return refused(`"${record.primary}" is primary and serves; use switchover to hand over without losing anything`);
  }
  const loss = possibleLossOf(record, request.to);
  if (loss.none)
    return refused("Nothing has to be decided: enough members have sealed, and one of them takes over by itself");
  if (!request.acceptLoss) return refused(`${loss.text}. To take over all the same, accept the loss by name`);
  if (loss.to === null) return refused(`Cannot take over: ${loss.text}`);
  const because = `${asked.by} accepted that writes may be lost: ${loss.text}`;
  return accepted(withAcceptedLoss(record, { to: loss.to, term: record.term, by: asked.by }, because), because);
}

function pause(record: GroupRecord, asked: Asked): Answer {
  if (record.paused !== null) return refused(`Group "${record.group}" is paused already, by ${record.paused.by}`);
  const paused = { by: asked.by, because: asked.because, at: asked.at };
  return accepted(
    withPause(record, paused, `${asked.by} paused the group`),
    "Paused: nobody takes over by himself until it is resumed",
  );
}

function reinit(record: GroupRecord, member: string, asked: Asked, reports: Reports): Answer {
  const incarnation = reports[member]?.incarnation;
  if (record.dataId === "")
    return refused(
      `Group "${record.group}" has no data that could be copied; restart the service of "${member}" instead`,
    );
  if (member === record.primary) return refused(`"${member}" is the primary; switch over first`);
  if (record.primary === null || !record.open)
    return refused("Cannot make a new copy: no primary serves now, and no copy is destroyed before one does");
  if (incarnation == null)
    return refused(`The agent of "${member}" has not told of any data; without data it is cloned by itself`);
  return accepted(
    withReinit(record, member, incarnation, `${asked.by} asked for a new copy on "${member}"`),
    `"${member}" will be cloned anew from "${record.primary}"`,
  );
}

function accepted(record: GroupRecord, text: string): Answer {
  return { outcome: "accepted", record, text };
}

function refused(text: string): Answer {
  return { outcome: "refused", text };
}
