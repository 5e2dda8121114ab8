import type { ClusterStatus, GroupStatus, MemberStatus } from "../api/agent-port.ts";
import { formatBytes, formatMs } from "../lib/units.ts";
import { hang, layTable } from "./layout.ts";
import type { Paint } from "./paint.ts";

/** The status as lines for a terminal of `width` columns. */
export function renderStatus(status: ClusterStatus, width: number, paint: Paint): readonly string[] {
  const groups = status.groups.flatMap((group) => ["", ...renderGroup(group, status.leaseMs, width, paint)]);
  return [...renderHead(status, width, paint), ...groups];
}

function renderHead(status: ClusterStatus, width: number, paint: Paint): readonly string[] {
  const { cluster, node, version, leaseMs, store, guard, heartbeats } = status;
  const reach = store.reachable ? paint.good("ok") : paint.bad("NOT REACHABLE");
  const line = `${paint.head(cluster)}  store ${store.kind} ${reach}  lease ${formatMs(leaseMs)}`;
  const problem = store.problem === null ? [] : hang(`  ${paint.bad("store")}  `, store.problem, width);
  const unheard = heartbeats?.problem ? hang(`  ${paint.bad("heartbeats")}  `, heartbeats.problem, width) : [];
  const missing =
    guard.missing === null ? [] : hang(`  ${paint.warn("guard")}  `, `${guard.kind} alone: ${guard.missing}`, width);
  return [`${line}  ${paint.dim(`as "${node}" sees it, version ${version}`)}`, ...problem, ...missing, ...unheard];
}

const STATE_PAINT = { healthy: "good", degraded: "warn", down: "bad" } as const;

function renderGroup(group: GroupStatus, leaseMs: number, width: number, paint: Paint): readonly string[] {
  const state = paint[STATE_PAINT[group.state]](group.state);
  const mode = group.record?.paused ? paint.warn("PAUSED") : "auto";
  const facts = factsOf(group, paint);
  const labels = Math.max(...facts.map(([label]) => label.length));
  return [
    `${paint.head(group.group)}  ${group.service}  ${keptText(group)}  mode ${mode}  ${state}`,
    ...facts.flatMap(([label, text]) => hang(`  ${paint.dim(label.padEnd(labels))}  `, text, width)),
    "",
    ...renderMembers(group, leaseMs, width, paint),
  ];
}

/** What is to be said about a group besides its members. */
function factsOf({ record, ready, decision }: GroupStatus, paint: Paint): readonly (readonly [string, string])[] {
  const facts: (readonly [string, string])[] = [["primary", primaryText(record, paint)]];
  const readyText = ready.yes ? `${paint.good("yes")} → ${ready.to ?? "?"}` : `${paint.bad("NO")}: ${ready.because}`;
  facts.push(["ready to take over", readyText]);
  if (record?.paused)
    facts.push(["paused", `by ${record.paused.by} at ${record.paused.at}${quoted(record.paused.because)}`]);
  if (record?.switchover) {
    const { to, phase, by, because } = record.switchover;
    facts.push(["switchover", `to ${to ?? "the best standby"}, ${phase}, asked for by ${by}${quoted(because)}`]);
  }
  if (record?.acceptedLoss)
    facts.push(["loss accepted", `for ${record.acceptedLoss.to}, by ${record.acceptedLoss.by}`]);
  facts.push(["now", `${decision.rule}: ${decision.because}`]);
  return facts;
}

function primaryText(record: GroupStatus["record"], paint: Paint): string {
  if (record === null) return paint.bad("the group does not exist yet");
  const last = record.last === null ? "" : `; the last one was ${record.last.member}`;
  if (record.primary === null) return `${paint.bad("none")}, term ${record.term} is vacant${last}`;
  return `${record.primary}, term ${record.term}, ${record.open ? "open" : paint.warn("not open yet")}`;
}

function quoted(because: string): string {
  return because === "" ? "" : `: "${because}"`;
}

/** What a takeover may lose; a process, or a unit, keeps nothing that it could. */
function keptText({ service, durability }: GroupStatus): string {
  return service === "process" || service === "systemd" ? "keeps no data" : durability;
}

const COLUMNS = ["MEMBER", "ROLE", "STATE", "LAG", "HEALTH", "COUNTS", "HEARD", "GUARD", "ADDRESS"] as const;

/** Where zones are configured: right behind the name. */
function withZones(
  members: readonly MemberStatus[],
  rows: readonly (readonly string[])[],
): readonly (readonly string[])[] {
  if (members.every(({ zone }) => zone === null)) return rows;
  const zones = ["ZONE", ...members.map(({ zone }) => zone ?? "-")];
  return rows.map(([name = "", ...rest], i) => [name, zones[i] ?? "", ...rest]);
}

function renderMembers({ members }: GroupStatus, leaseMs: number, width: number, paint: Paint): readonly string[] {
  const rows = members.map((member) => memberRow(member, leaseMs, paint));
  const all = withZones(members, [COLUMNS, ...rows]).map((row, i) =>
    i === 0 ? row.map((name) => paint.dim(name)) : row,
  );
  const table = layTable(all, width - 2).map((line) => `  ${line}`);
  const problems = members.filter((member) => member.report?.problem);
  const notes = members.flatMap(({ member, report }) =>
    report?.checks ? [[member, report.checks.text] as const] : [],
  );
  return [
    ...table,
    ...problems.flatMap((m) => hang(`  ${paint.bad(`! ${m.member}`)}  `, m.report?.problem ?? "", width)),
    ...notes.flatMap(([member, text]) => hang(`  ${paint.warn(`! ${member}`)}  `, `its checks: ${text}`, width)),
  ];
}

/** `!` marks a member whose agent has not been heard of for a lease. */
function memberRow(member: MemberStatus, leaseMs: number, paint: Paint): readonly string[] {
  const { report, heardMsAgo, lagBytes } = member;
  const silent = heardMsAgo === null || heardMsAgo > leaseMs;
  const health = healthText(report);
  return [
    silent ? `${member.member} ${paint.bad("!")}` : member.member,
    member.role === "primary" ? paint.head("primary") : member.role === "none" ? "-" : member.role,
    stateText(member),
    lagBytes === null ? "-" : formatBytes(lagBytes),
    health === "down" ? paint.bad(health) : health === "slow" ? paint.warn(health) : health,
    countsText(member),
    heardText(member, paint),
    report?.guard ?? "-",
    member.address,
  ];
}

function healthText(report: MemberStatus["report"]): string {
  return report?.health === "up" && report.checks?.isSlow === true ? "slow" : (report?.health ?? "-");
}

function countsText({ role, counted, limit }: MemberStatus): string {
  if (role === "primary") return "-";
  return counted ? "yes" : limit === null ? "no" : `no, ${limit}`;
}

/** By the session in the store, and, where there are any, by heartbeats. */
function heardText({ heardMsAgo, heartbeat }: MemberStatus, paint: Paint): string {
  const ago = heardMsAgo === null ? "never" : `${formatMs(heardMsAgo)} ago`;
  if (heartbeat === null) return ago;
  const { state, hearsUs } = heartbeat;
  if (state === "heard") return hearsUs ? `${ago}, beats ok` : `${ago}, ${paint.warn("beats, hears us not")}`;
  return `${ago}, ${paint.bad(state === "never" ? "no beats" : `beats ${state}`)}`;
}

/** The long work under way says more than the state, and a standby that streams is all one wants to know. */
function stateText({ report }: MemberStatus): string {
  if (report === null) return "-";
  if (report.work !== null) return report.work;
  return report.state === "standby" && report.streaming ? "streaming" : report.state;
}
