import type { ClusterStatus, GroupStatus, HeartbeatStatus, MemberStatus } from "../api/agent-port.ts";
import { includesCopy } from "../core/commit-rule.ts";
import type { Decision } from "../core/decision.ts";
import type { Observation } from "../core/observation.ts";
import { hearingOf, type Heard } from "../core/heard.ts";
import { obstacleOf } from "../core/operations.ts";
import type { GroupRecord } from "../core/record.ts";
import type { MemberReport } from "../core/session.ts";
import type { Metric } from "../checks/check.ts";
import type { Settings } from "../core/view.ts";
import { zoneOf } from "../core/places.ts";
import type { GroupConfig, MemberConfig } from "../config/config.ts";
import { formatMs } from "../lib/units.ts";

/** What one group's status is made from. */
export interface GroupFacts {
  readonly me: string;
  readonly config: GroupConfig;
  readonly settings: Settings;
  readonly observed: Observation;
  readonly decision: Decision;
  readonly mine: MemberReport;
  /** `null`: there are no heartbeats. */
  readonly heard: Readonly<Record<string, Heard>> | null;
  readonly figures: readonly Metric[];
  readonly nowMs: number;
}

/** The status of one group as this node sees it. */
export function groupStatus(facts: GroupFacts): GroupStatus {
  const { config, observed, decision } = facts;
  const { record } = observed;
  const members = Object.keys(config.members).map((member) => memberStatus(facts, member));
  const ready = readiness(facts, members);
  return {
    group: config.group,
    service: config.service.kind,
    durability: durabilityText(facts),
    record,
    state: overall(record, members, ready.yes),
    members,
    ready,
    decision: { rule: decision.rule, because: decision.because },
    figures: facts.figures,
  };
}

function memberStatus(facts: GroupFacts, member: string): MemberStatus {
  const { me, config, observed, nowMs } = facts;
  const { record } = observed;
  const report = reportsOf(facts)[member] ?? null;
  const address = config.members[member]?.address;
  const role =
    report === null
      ? "none"
      : record?.primary === member && report.state === "primary"
        ? "primary"
        : report.state === "standby"
          ? "standby"
          : "none";
  const heardAtMs = member === me ? nowMs : observed.peers[member]?.heardAtMs;
  const copy = { member, incarnation: report?.incarnation ?? "" };
  return {
    member,
    address: address === undefined ? "" : `${address.host}:${address.port}`,
    role,
    report,
    heardMsAgo: heardAtMs === undefined ? null : Math.max(0, Math.round(nowMs - heardAtMs)),
    heartbeat: heartbeatOf(facts, member),
    lagBytes: lagOf(facts, report),
    counted: record !== null && record.commit.some((rule) => includesCopy(rule.of, copy)),
    zone: zoneOf(facts.settings, member),
    limit: limitOf(config.members[member]),
  };
}

function limitOf(member: MemberConfig | undefined): string | null {
  if (member === undefined) return null;
  if (member.follows !== null) return `follows ${member.follows}`;
  if (member.delayMs > 0) return `delayed ${formatMs(member.delayMs)}`;
  return member.priority === 0 ? "never primary" : null;
}

function heartbeatOf({ me, heard, settings, nowMs }: GroupFacts, member: string): HeartbeatStatus | null {
  if (heard === null || member === me) return null;
  const from = heard[member];
  if (from === undefined) return { state: "never", agoMs: null, hearsUs: false };
  const agoMs = Math.max(0, Math.round(nowMs - from.atMs));
  return { state: hearingOf(from, settings.timing), agoMs, hearsUs: from.hearsUs };
}

/** The reports of all members heard of within the lease, this one's own included. */
export function reportsOf(
  facts: Pick<GroupFacts, "me" | "mine" | "observed" | "nowMs" | "settings">,
): Readonly<Record<string, MemberReport>> {
  const { me, mine, observed, nowMs, settings } = facts;
  const lately = Object.entries(observed.peers).filter(
    ([, peer]) => nowMs - peer.heardAtMs <= settings.timing.leaseMs + settings.timing.marginMs,
  );
  return { ...Object.fromEntries(lately.map(([member, peer]) => [member, peer.report])), [me]: mine };
}

function lagOf(facts: GroupFacts, report: MemberReport | null): number | null {
  const primary = facts.observed.record?.primary;
  const ahead = primary == null ? null : (reportsOf(facts)[primary]?.offset ?? null);
  if (ahead === null || report?.offset == null || report.state !== "standby") return null;
  return Math.max(0, ahead - report.offset);
}

/** Whether a takeover would work if the primary failed now, and who would take over. */
function readiness(facts: GroupFacts, members: readonly MemberStatus[]): GroupStatus["ready"] {
  const { observed, settings } = facts;
  const { record } = observed;
  if (record === null) return { yes: false, to: null, because: "the group does not exist yet" };
  if (record.paused !== null)
    return {
      yes: false,
      to: null,
      because: `paused by ${record.paused.by}${record.paused.because ? `: ${record.paused.because}` : ""}`,
    };
  if (record.primary === null || !record.open)
    return {
      yes: false,
      to: null,
      because: record.primary === null ? "no member is primary" : `term ${record.term} is not open yet`,
    };
  const reports = reportsOf(facts);
  const standbys = members.map((m) => m.member).filter((m) => m !== record.primary);
  const mayLead = (member: string): boolean => settings.members.some((m) => m.member === member && m.priority > 0);
  const able = standbys.filter((member) => mayLead(member) && obstacleOf(record, member, reports) === null);
  const obstacles = standbys.map((member) => obstacleOf(record, member, reports)).filter((text) => text !== null);
  if (able.length === 0) return { yes: false, to: null, because: obstacles.join("; ") || "there is no standby" };
  const short = settings.durability.lossless === "off" ? null : unmetRule(record, able);
  if (short !== null) return { yes: false, to: null, because: short };
  const best = settings.members
    .filter((m) => able.includes(m.member))
    .toSorted((a, b) => b.priority - a.priority || (a.member < b.member ? -1 : 1))[0];
  return { yes: true, to: best?.member ?? null, because: `${able.join(", ")} could take over` };
}

/** Whether too few of the members that count could seal. */
function unmetRule(record: GroupRecord, able: readonly string[]): string | null {
  const rule = record.commit.find(
    (r) => r.need === 0 || r.of.filter((copy) => able.includes(copy.member)).length < r.of.length - r.need + 1,
  );
  if (rule === undefined) return null;
  if (rule.need === 0) return `"${record.primary}" goes on alone, so only it has everything`;
  return `writes may be acknowledged by ${rule.of.map((copy) => copy.member).join(" or ") || "nobody"}, and too few of them are ready`;
}

function overall(record: GroupRecord | null, members: readonly MemberStatus[], ready: boolean): GroupStatus["state"] {
  const primary = members.find((m) => m.member === record?.primary);
  if (record === null || !record.open || primary?.role !== "primary") return "down";
  const complete = members.every((m) => m.role === "primary" || (m.role === "standby" && m.report?.streaming === true));
  return complete && ready && record.commit.length === 1 ? "healthy" : "degraded";
}

function durabilityText(facts: GroupFacts): string {
  const { durability, members } = facts.settings;
  if (durability.lossless === "off") return `asynchronous, at most ${durability.maxLossBytes} bytes may be lost`;
  return `${durability.lossless === "strict" ? "lossless" : "lossless preferred"}, ${durability.need} of ${members.length - 1}`;
}

/** The whole status of a node. */
export function clusterStatus(base: Omit<ClusterStatus, "groups">, groups: readonly GroupFacts[]): ClusterStatus {
  return { ...base, groups: groups.map(groupStatus) };
}
