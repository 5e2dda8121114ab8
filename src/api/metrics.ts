import type { ClusterStatus, GroupStatus } from "./agent-port.ts";

type Labels = Readonly<Record<string, string>>;
type Sample = readonly [labels: Labels, value: number];

/** One family of metrics: all its samples have the same name and meaning. */
interface Family {
  readonly name: string;
  readonly help: string;
  readonly type: "gauge" | "counter";
  readonly samples: readonly Sample[];
}

/** What the process uses itself. */
export interface ProcessUse {
  readonly residentBytes: number;
  readonly cpuSeconds: number;
}

/** The status as Prometheus reads it (text format 0.0.4): units in the names, seconds and bytes. */
export function renderMetrics(status: ClusterStatus, use: ProcessUse): string {
  return [...ofNode(status, use), ...ofGroups(status.groups), ...ofMembers(status.groups), ...ofChecks(status.groups)]
    .map(renderFamily)
    .join("");
}

function ofNode(status: ClusterStatus, use: ProcessUse): readonly Family[] {
  const { cluster, node, version } = status;
  return [
    gauge("build_info", "The program's version; always 1.", [[{ cluster, node, version }, 1]]),
    gauge("store_reachable", "Whether the store answered lately.", [
      [{ kind: status.store.kind }, Number(status.store.reachable)],
    ]),
    gauge("lease_seconds", "The lease.", [[{}, status.leaseMs / 1000]]),
    ...ofHeartbeats(status),
    { ...gauge("process_cpu_seconds_total", "Processor time of the agent.", [[{}, use.cpuSeconds]]), type: "counter" },
    gauge("process_resident_memory_bytes", "Memory of the agent.", [[{}, use.residentBytes]]),
  ];
}

/** Those of the agents, where there are some. `heartbeat_age_seconds` is older than they are, and means the sessions in the store. */
function ofHeartbeats({ heartbeats }: ClusterStatus): readonly Family[] {
  if (heartbeats === null) return [];
  const samples = Object.entries(heartbeats.dropped).map(([reason, count]): Sample => [{ reason }, count]);
  const help = "Packets that were no heartbeats to be trusted.";
  return [{ ...gauge("heartbeats_dropped_total", help, samples), type: "counter" }];
}

const STATES: readonly GroupStatus["state"][] = ["healthy", "degraded", "down"];

function ofGroups(groups: readonly GroupStatus[]): readonly Family[] {
  const each = (value: (group: GroupStatus) => number | null): readonly Sample[] =>
    groups.flatMap((group) => {
      const number = value(group);
      return number === null ? [] : [[{ group: group.group }, number] as const];
    });
  return [
    gauge(
      "group_state",
      "1 for the state that the group is in.",
      groups.flatMap(({ group, state }) => STATES.map((s): Sample => [{ group, state: s }, Number(s === state)])),
    ),
    gauge(
      "ready_to_fail_over",
      "Whether a takeover would work now.",
      each((g) => Number(g.ready.yes)),
    ),
    gauge(
      "term",
      "The group's term; it grows by one with each new primary.",
      each((g) => g.record?.term ?? null),
    ),
    gauge(
      "open",
      "Whether clients are let in.",
      each((g) => Number(g.record?.open ?? false)),
    ),
    gauge(
      "paused",
      "Whether roles are kept from changing.",
      each((g) => Number(g.record !== null && g.record.paused !== null)),
    ),
  ];
}

function ofMembers(groups: readonly GroupStatus[]): readonly Family[] {
  type Value = (member: GroupStatus["members"][number]) => number | null;
  const each = (value: Value): readonly Sample[] =>
    groups.flatMap(({ group, members }) =>
      members.flatMap((member) => {
        const number = value(member);
        return number === null ? [] : [[{ group, member: member.member }, number] as const];
      }),
    );
  return [
    gauge(
      "primary",
      "Whether the member is the primary.",
      each((m) => Number(m.role === "primary")),
    ),
    gauge(
      "member_up",
      "Whether the member's checks say up.",
      each((m) => Number(m.report?.health === "up")),
    ),
    gauge(
      "member_slow",
      "Whether the member's checks are good, and late.",
      each((m) => Number(m.report?.checks?.isSlow === true)),
    ),
    gauge(
      "member_counted",
      "Whether writes may be acknowledged by the member.",
      each((m) => Number(m.counted)),
    ),
    gauge(
      "replication_lag_bytes",
      "How far the member is behind the primary.",
      each((m) => m.lagBytes),
    ),
    gauge(
      "heartbeats_late",
      "Whether the heartbeats of the member's agent are late.",
      each((m) => (m.heartbeat === null ? null : Number(m.heartbeat.state !== "heard"))),
    ),
    gauge(
      "heartbeat_age_seconds",
      "How long ago the member's agent was heard of.",
      each((m) => (m.heardMsAgo === null ? null : m.heardMsAgo / 1000)),
    ),
  ];
}

/** What monitoring plugins have said of this node's members, in the units that they use. */
function ofChecks(groups: readonly GroupStatus[]): readonly Family[] {
  const samples = groups.flatMap(({ group, figures }) =>
    figures.map(({ name, unit, value }): Sample => [{ group, name, unit }, value]),
  );
  return samples.length === 0
    ? []
    : [gauge("check_figure", "A figure that came with the last answer to a check.", samples)];
}

function gauge(name: string, help: string, samples: readonly Sample[]): Family {
  return { name: `understudy_${name}`, help, type: "gauge", samples };
}

function renderFamily({ name, help, type, samples }: Family): string {
  const lines = samples.map(([labels, value]) => `${name}${renderLabels(labels)} ${value}\n`);
  return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${lines.join("")}`;
}

function renderLabels(labels: Labels): string {
  const pairs = Object.entries(labels).map(([key, value]) => `${key}="${escaped(value)}"`);
  return pairs.length === 0 ? "" : `{${pairs.join(",")}}`;
}

function escaped(value: string): string {
  return value.replaceAll("\\", "\\\\").replaceAll("\n", "\\n").replaceAll('"', '\\"');
}
