import type { ServiceState } from "./service-look.ts";

/** What checks say; `unknown` while they have not decided. */
export type Health = "up" | "down" | "unknown";

/** What an observer's checks say of the primary of a term. */
export interface Sight {
  readonly member: string;
  readonly term: number;
  readonly health: Health;
}

/** What a member's checks see, for people: the figures of those that fail, are slow, or flap. */
export interface CheckNote {
  /** They are good, and late. */
  readonly isSlow: boolean;
  readonly text: string;
}

/** What a member's agent tells about it with every renewal. For status, routes and asynchronous losses; never for safety. */
export interface MemberReport {
  readonly state: ServiceState;
  readonly health: Health;
  /** Left out when its checks have nothing to tell. */
  readonly checks?: CheckNote;
  /** What it sees of the primary from its host. Left out where the primary's own agent judges alone, and by older versions. */
  readonly sees?: Sight;
  readonly incarnation: string | null;
  /** Roughly how far its data goes. */
  readonly offset: number | null;
  /** Standby: whether it streams from the primary of the recorded term. */
  readonly streaming: boolean;
  /** Long work under way, for people: `clone 43 %`. */
  readonly work: string | null;
  /** What a person should know or do; `null` when all is well. */
  readonly problem: string | null;
  /** Which guard watches it, and how. */
  readonly guard: string;
}

/** The value of a node's session key: one life of its agent. Rewritten every third of the lease. */
export interface SessionValue {
  readonly format: 1;
  /** Random; a lapsed session is never renewed, a new id is made. */
  readonly id: string;
  readonly node: string;
  /** Which installation: `host:directory`. */
  readonly home: string;
  /** Which run of its machine: a copy of the machine has the same home, and another one of these. Left out by older versions. */
  readonly machine?: string;
  /** Grows with every renewal, so that each one changes the value. */
  readonly seq: number;
  /** The program's version. */
  readonly version: string;
  /** Where the agent's API listens, `host:port`; `null` when only on its socket. */
  readonly api: string | null;
  readonly members: Readonly<Record<string, MemberReport>>;
}
