import { parseSize } from "../lib/units.ts";
import type { ClusterStatus, GroupStatus, MemberStatus } from "./agent-port.ts";
import type { HealthCheck } from "./contract.ts";

/** The answer to a health check: its code, and the same for people. */
export interface HealthAnswer {
  readonly code: 200 | 400 | 404 | 503;
  readonly body: Readonly<Record<string, string | number | boolean | null>>;
}

/**
 * Answers `check` about this node's member of `group` from a status taken at this moment; `group: null` is
 * the only group in which the node has a part. `lag`, such as `10MB` or a number of bytes, is how far a
 * standby may be behind.
 */
export function answerHealth(
  status: ClusterStatus,
  group: string | null,
  check: HealthCheck,
  lag: string | null,
): HealthAnswer {
  if (check === "liveness") return alive(status.node);
  const mine = status.groups.filter((g) => g.members.some((m) => m.member === status.node));
  const found = group === null && mine.length === 1 ? mine[0] : mine.find((g) => g.group === group);
  const member = found?.members.find((m) => m.member === status.node);
  if (found === undefined || member === undefined) return notHere(status, group, mine);
  const mostLag = lag === null ? Infinity : /^\d+$/.test(lag) ? Number(lag) : parseSize(lag);
  if (mostLag === null) return { code: 400, body: { error: `lag "${lag}" is no size: expected one such as 10MB` } };
  const isTrue = answers[check](found, member, mostLag, status.node);
  return { code: isTrue ? 200 : 503, body: describe(status, found, member) };
}

/** The agent's process runs and answers; of its groups that says nothing. */
export function alive(node: string): HealthAnswer {
  return { code: 200, body: { node, alive: true } };
}

type Answer = (group: GroupStatus, member: MemberStatus, mostLag: number, node: string) => boolean;

/** The member is primary by the record too, and clients may be let in. */
const servesWrites: Answer = ({ record }, member, _lag, node) =>
  member.role === "primary" && record !== null && record.primary === node && record.open;

const servesReads: Answer = (_group, member, mostLag) =>
  member.role === "standby" &&
  member.report?.state === "standby" &&
  member.report.health !== "down" &&
  isNear(member, mostLag);

function isNear(member: MemberStatus, mostLag: number): boolean {
  return mostLag === Infinity || (member.lagBytes !== null && member.lagBytes <= mostLag);
}

const isCounted: Answer = (...asked) => servesReads(...asked) && asked[1].counted;
const isNotCounted: Answer = (...asked) => servesReads(...asked) && !asked[1].counted;

const answers: Readonly<Record<Exclude<HealthCheck, "liveness">, Answer>> = {
  primary: servesWrites,
  leader: servesWrites,
  "read-write": servesWrites,
  standby: servesReads,
  replica: servesReads,
  "read-only": (...asked) => servesWrites(...asked) || servesReads(...asked),
  synchronous: isCounted,
  sync: isCounted,
  asynchronous: isNotCounted,
  async: isNotCounted,
  health: (_group, { report }) =>
    (report?.state === "primary" || report?.state === "standby") && report.health !== "down",
  readiness: (...asked) => servesWrites(...asked) || (servesReads(...asked) && asked[1].report?.streaming === true),
};

function describe(status: ClusterStatus, group: GroupStatus, member: MemberStatus): HealthAnswer["body"] {
  return {
    cluster: status.cluster,
    group: group.group,
    node: status.node,
    role: member.role,
    state: member.report?.state ?? null,
    health: member.report?.health ?? null,
    term: group.record?.term ?? null,
    primary: group.record?.primary ?? null,
    open: group.record?.open ?? false,
    lagBytes: member.lagBytes,
  };
}

function notHere(status: ClusterStatus, group: string | null, mine: readonly GroupStatus[]): HealthAnswer {
  const names = mine.map((g) => g.group).join(", ") || "no group";
  const error =
    group === null
      ? `"${status.node}" has a part in ${names}: ask for one of them, such as /v1/groups/NAME/primary`
      : `"${status.node}" has no part in a group "${group}", but in ${names}`;
  return { code: 404, body: { error } };
}
