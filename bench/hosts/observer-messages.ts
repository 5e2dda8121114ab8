import type { GroupEvent } from "../../src/core/event.ts";
import type { GroupRecord } from "../../src/core/record.ts";
import type { Target } from "../../src/quickstart/client/connection.ts";
import type { Witnessed } from "../client/overlap.ts";

/** What the bench asks of its observer on the clients' host. */
export type ObserverRequest =
  | { readonly do: "open"; readonly file: string; readonly group: string }
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

/** Where each host's etcd answers HTTP. */
export type Endpoints = Readonly<Record<string, string>>;

/** What is answered to each. */
export type ObserverReplies = {
  readonly open: null;
  readonly record: GroupRecord | null;
  readonly events: readonly GroupEvent[];
  readonly missing: string | null;
  readonly prepare: null;
  readonly witness: null;
  readonly "end-witness": readonly Witnessed[];
  readonly leader: string | null;
  readonly lead: null;
};
