import type { GroupEvent } from "../../src/core/event.ts";
import type { Target } from "../../src/quickstart/client/connection.ts";
import type { Witnessed } from "../client/overlap.ts";
import type { SeenRecord } from "../takeover/run-once.ts";

/** What the bench asks of its observer on the clients' host. */
export type ObserverRequest =
  | { readonly do: "open"; readonly observed: Observed }
  | { readonly do: "record" }
  | { readonly do: "events" }
  /** What is missing until all members are back; `null`: nothing. */
  | { readonly do: "missing" }
  /** Makes the witness's table, through the proxy. */
  | { readonly do: "prepare"; readonly target: Target }
  /** From now on every member is asked directly. */
  | { readonly do: "witness"; readonly members: Readonly<Record<string, Target>> }
  | { readonly do: "end-witness" }
  /** Which of the endpoints is the store's leader; `null`: none says so. */
  | { readonly do: "leader"; readonly endpoints: Endpoints }
  /** Makes one of them the leader. */
  | { readonly do: "lead"; readonly endpoints: Endpoints; readonly member: string };

/** A group of our agents, by its configuration. */
export interface OurObserved {
  readonly kind: "ours";
  readonly file: string;
  readonly group: string;
}

/** A group of Patroni's. */
export interface PatroniObserved {
  readonly kind: "patroni";
  readonly etcds: Endpoints;
  /** Where each member's Patroni answers HTTP. */
  readonly apis: Endpoints;
  /** The key of etcd whose value is the primary's name. */
  readonly leaderKey: string;
  /** Where clients that write come in. */
  readonly target: Target;
}

export type Observed = OurObserved | PatroniObserved;

/** Where each host's program answers HTTP. */
export type Endpoints = Readonly<Record<string, string>>;

/** What is answered to each. */
export type ObserverReplies = {
  readonly open: null;
  readonly record: SeenRecord;
  readonly events: readonly GroupEvent[];
  readonly missing: string | null;
  readonly prepare: null;
  readonly witness: null;
  readonly "end-witness": readonly Witnessed[];
  readonly leader: string | null;
  readonly lead: null;
};
