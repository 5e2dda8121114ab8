import type {
  AgentPort,
  ClusterStatus,
  GroupStatus,
  MemberStatus,
  Operation,
  OperationResult,
} from "../../src/api/agent-port.ts";
import type { GroupEvent } from "../../src/core/event.ts";
import type { GroupRecord } from "../../src/core/record.ts";
import type { MemberReport } from "../../src/core/session.ts";

/** A member's report with all well; `change` says what differs. */
export function reportOf(change: Partial<MemberReport> = {}): MemberReport {
  return {
    state: "standby",
    health: "up",
    incarnation: "0123456789abcdef",
    offset: 50_331_648,
    streaming: true,
    work: null,
    problem: null,
    guard: "process",
    ...change,
  };
}

/** A standby that streams; `change` says what differs. */
export function memberOf(member: string, change: Partial<MemberStatus> = {}): MemberStatus {
  const port = 5441 + member.charCodeAt(0) - "a".charCodeAt(0);
  return {
    member,
    address: `127.0.0.1:${port}`,
    role: "standby",
    report: reportOf(),
    heardMsAgo: 120,
    heartbeat: null,
    lagBytes: 0,
    counted: true,
    zone: null,
    limit: null,
    ...change,
  };
}

/** An open record of term 7 with "a" as primary; `change` says what differs. */
export function recordOf(change: Partial<GroupRecord> = {}): GroupRecord {
  return {
    format: 1,
    group: "main",
    term: 7,
    rev: 31,
    primary: "a",
    session: "s-a",
    last: { member: "a", incarnation: "a1" },
    members: ["a", "b", "c"],
    commit: [
      {
        need: 1,
        of: [
          { member: "b", incarnation: "b1" },
          { member: "c", incarnation: "c1" },
        ],
      },
    ],
    sealed: {},
    open: true,
    forks: [{ term: 7, offset: 50_000_000 }],
    dataId: "7300000000000000001",
    paused: null,
    switchover: null,
    acceptedLoss: null,
    reinit: {},
    because: "steady",
    ...change,
  };
}

/** A healthy group of three; `change` says what differs. */
export function groupOf(change: Partial<GroupStatus> = {}): GroupStatus {
  return {
    group: "main",
    service: "postgres",
    durability: "strict, need 1 of 2",
    record: recordOf(),
    state: "healthy",
    members: [
      memberOf("a", { role: "primary", report: reportOf({ state: "primary", streaming: false }), counted: false }),
      memberOf("b"),
      memberOf("c", { lagBytes: 8192 }),
    ],
    ready: { yes: true, to: "b", because: '"b" and "c" stream and can seal' },
    decision: { rule: "steady", because: "the lease has 1640 ms left" },
    figures: [],
    ...change,
  };
}

/** The status of a cluster with that one group, as the agent of "a" tells it. */
export function statusOf(change: Partial<ClusterStatus> = {}): ClusterStatus {
  return {
    cluster: "quickstart",
    node: "a",
    version: "0.1.0",
    session: "s-a",
    store: { kind: "sqlite", reachable: true, problem: null },
    leaseMs: 2000,
    guard: { kind: "process", missing: null },
    heartbeats: null,
    groups: [groupOf()],
    ...change,
  };
}

/** An agent that says what it is told to say and remembers what it was asked. */
export class PretendAgent implements AgentPort {
  readonly node = "a";
  readonly asked: Operation[] = [];
  current: ClusterStatus = statusOf();
  history: GroupEvent[] = [];
  /** What it answers; what it does besides is up to the test. */
  onRequest: (operation: Operation) => OperationResult = (operation) => ({
    outcome: "accepted",
    text: `${operation.do} is on its way`,
    id: "op-1",
  });
  readonly #listeners = new Set<() => void>();

  status(): ClusterStatus {
    return this.current;
  }

  async request(operation: Operation): Promise<OperationResult> {
    this.asked.push(operation);
    return this.onRequest(operation);
  }

  async events(group: string, limit: number): Promise<readonly GroupEvent[]> {
    return this.history.filter((event) => event.group === group).slice(-limit);
  }

  onChange(then: () => void): () => void {
    this.#listeners.add(then);
    return () => this.#listeners.delete(then);
  }

  /** Lets those who listen know. */
  ring(): void {
    for (const then of this.#listeners) then();
  }
}
