import type { Metric } from "../checks/check.ts";
import type { GroupEvent } from "../core/event.ts";
import type { GroupRecord } from "../core/record.ts";
import type { MemberReport } from "../core/session.ts";

/** What the API needs of an agent. The agent implements it; tests give their own. */
export interface AgentPort {
  readonly node: string;
  status(): ClusterStatus;
  /** Asks for something that an operator wants. Resolves when the record says so (not when all is done). */
  request(operation: Operation): Promise<OperationResult>;
  /** The newest events of a group, oldest first. */
  events(group: string, limit: number): Promise<readonly GroupEvent[]>;
  /** Calls `then` soon after the status may have changed. */
  onChange(then: () => void): () => void;
}

/** What an operator can ask for. `by` says who, `because` why (may be empty). */
export type Operation =
  | {
      readonly do: "switchover";
      readonly group: string;
      readonly to: string | null;
      readonly by: string;
      readonly because: string;
    }
  | {
      readonly do: "failover";
      readonly group: string;
      readonly to: string | null;
      readonly acceptLoss: boolean;
      readonly by: string;
      readonly because: string;
    }
  | { readonly do: "pause"; readonly group: string; readonly by: string; readonly because: string }
  | { readonly do: "resume"; readonly group: string; readonly by: string; readonly because: string }
  | {
      readonly do: "reinit";
      readonly group: string;
      readonly member: string;
      readonly by: string;
      readonly because: string;
    };

/** `refused`: not now or not so, and why; `unknown-name`: no such group or member; `unavailable`: the store does not answer. */
export type OperationResult =
  | { readonly outcome: "accepted"; readonly text: string; readonly id: string }
  | { readonly outcome: "refused" | "unknown-name" | "unavailable"; readonly text: string };

export interface ClusterStatus {
  readonly cluster: string;
  readonly node: string;
  readonly version: string;
  readonly session: string;
  /** Whether the store answered lately, and what is wrong if not. */
  readonly store: { readonly kind: string; readonly reachable: boolean; readonly problem: string | null };
  readonly leaseMs: number;
  /** Which guard this node has, and what it would need for the kernel's where that is wanted; `null`: nothing. */
  readonly guard: { readonly kind: string; readonly missing: string | null };
  /** What is wrong with the heartbeats, and how many packets were passed over, by the reason; `null`: there are none. */
  readonly heartbeats: {
    readonly problem: string | null;
    readonly dropped: Readonly<Record<string, number>>;
  } | null;
  readonly groups: readonly GroupStatus[];
}

export interface GroupStatus {
  readonly group: string;
  readonly service: string;
  /** `strict, need 1 of 2`, `preferred …`, `asynchronous, at most 16 MiB`. */
  readonly durability: string;
  readonly record: GroupRecord | null;
  /** One word for all: `healthy`, `degraded` (serves, but a takeover would not work or a member is missing), `down`. */
  readonly state: "healthy" | "degraded" | "down";
  readonly members: readonly MemberStatus[];
  /** Whether a takeover would work now. */
  readonly ready: { readonly yes: boolean; readonly to: string | null; readonly because: string };
  /** The last decision on this node: its rule and reason. */
  readonly decision: { readonly rule: string; readonly because: string };
  /** Figures that programs gave with their answers to this node's checks (monitoring plugins do). */
  readonly figures: readonly Metric[];
}

export interface MemberStatus {
  readonly member: string;
  readonly address: string;
  readonly role: "primary" | "standby" | "none";
  /** `null`: its agent has not been heard of. */
  readonly report: MemberReport | null;
  /** How long ago its agent's session changed, as seen by this one; `null`: never. */
  readonly heardMsAgo: number | null;
  /** `null`: there are no heartbeats, or it is the member that tells this. */
  readonly heartbeat: HeartbeatStatus | null;
  /** Behind the primary, when both are known. */
  readonly lagBytes: number | null;
  /** Whether writes may be acknowledged by it. */
  readonly counted: boolean;
  /** Its node's zone; `null`: none is configured. */
  readonly zone: string | null;
  /** What sets it apart: `never primary`, `delayed 1 h`, `follows b`; `null`: nothing. */
  readonly limit: string | null;
}

/** What the heartbeats of another member's agent say. */
export interface HeartbeatStatus {
  readonly state: "heard" | "late" | "silent" | "never";
  /** How long ago the last one was heard, a second more at most; `null`: never. */
  readonly agoMs: number | null;
  /** Whether it hears ours. */
  readonly hearsUs: boolean;
}
