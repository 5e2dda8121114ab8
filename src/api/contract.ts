import type { Operation } from "./agent-port.ts";

/** Where everything is. One file, read by the server and by the client. */
export const paths = {
  status: "/v1/status",
  /** `?group=NAME&limit=N`; with `follow=1` an event stream. */
  events: "/v1/events",
  /** POST of an {@link Operation}; on the Unix socket, and from other nodes. */
  operations: "/v1/operations",
  /** POST of a `TokenWish`, a `JoinRequest` or a `LeaveRequest`; see `membership-port.ts`. */
  tokens: "/v1/tokens",
  join: "/v1/join",
  leave: "/v1/leave",
  metrics: "/metrics",
  /** The health of this node's member of a group; without the prefix when the node has a part in one group only. */
  health: (group: string, check: HealthCheck): string => `/v1/groups/${group}/${check}`,
} as const;

/**
 * Questions that are answered by status code, 200 or 503, as load balancers ask them. The names and codes
 * are those of Patroni's REST API, so that existing load balancer configurations fit.
 */
export const healthChecks = [
  "primary",
  "leader",
  "read-write",
  "standby",
  "replica",
  "read-only",
  "synchronous",
  "sync",
  "asynchronous",
  "async",
  "health",
  "liveness",
  "readiness",
] as const;

export type HealthCheck = (typeof healthChecks)[number];

/** An error as RFC 9457 (`application/problem+json`) has it. */
export interface ProblemDetails {
  readonly title: string;
  readonly status: number;
  readonly detail: string;
}

/** As many events as are kept of a group. */
export const EVENTS_MOST = 1000;

/** The status code of each outcome of an operation. */
export const OUTCOME_CODES = { accepted: 202, refused: 409, "unknown-name": 404, unavailable: 503 } as const;

const WHAT: readonly Operation["do"][] = ["switchover", "failover", "pause", "resume", "reinit"];

/** The operation that `value` is, or what is wrong with it. Fields that it does not know are dropped. */
export function readOperation(value: unknown): Operation | string {
  if (typeof value !== "object" || value === null) return "expected an object";
  const { do: what, group, to = null, member, acceptLoss = false, by, because } = value as Record<string, unknown>;
  if (typeof group !== "string") return "group: expected a name";
  if (typeof by !== "string" || by === "") return "by: expected who asks";
  if (typeof because !== "string") return "because: expected a text, which may be empty";
  if (to !== null && typeof to !== "string") return "to: expected a member's name or null";
  if (typeof acceptLoss !== "boolean") return "acceptLoss: expected true or false";
  switch (what) {
    case "switchover":
      return { do: what, group, to, by, because };
    case "failover":
      return { do: what, group, to, acceptLoss, by, because };
    case "pause":
    case "resume":
      return { do: what, group, by, because };
    case "reinit":
      return typeof member === "string" ? { do: what, group, member, by, because } : "member: expected a name";
    default:
      return `do: expected one of ${WHAT.join(", ")}`;
  }
}
