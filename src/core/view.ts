import type { Alarm } from "./alarm.ts";
import type { GuardView } from "./guard-view.ts";
import type { Heard } from "./heard.ts";
import type { OwnPromise } from "./promise.ts";
import type { GroupRecord } from "./record.ts";
import type { ServiceAction } from "./service-action.ts";
import type { ServiceLook } from "./service-look.ts";
import type { MemberReport } from "./session.ts";
import type { SessionWatch } from "./expiry.ts";
import type { Timing } from "./timing.ts";

/** What is configured for a member. */
export interface MemberSettings {
  readonly member: string;
  /** 0: never primary. */
  readonly priority: number;
  /** Copies in different zones are not lost together. Left out: nothing is known of that. */
  readonly zone?: string | null;
  /** The standby that it is to receive from, instead of the primary. */
  readonly follows?: string | null;
  /** It shows what it has received only after a while. */
  readonly isDelayed?: boolean;
}

/** What is configured for a group. */
export interface Settings {
  readonly group: string;
  readonly hasData: boolean;
  /** In the order of the configuration; the first one founds the group. */
  readonly members: readonly MemberSettings[];
  readonly durability: Durability;
  readonly drainMs: number;
  readonly timing: Timing;
}

export type Durability =
  | { readonly lossless: "strict" | "preferred"; readonly need: number; readonly of: readonly string[] }
  | { readonly lossless: "off"; readonly maxLossBytes: number };

/** A direct question to the primary's service from here, and what came of it. */
export interface ProbeView {
  readonly member: string;
  readonly result: "answered" | "refused" | "silent";
  readonly atMs: number;
  /** How many in a row were not answered, this one included. */
  readonly failures: number;
  /** When the first of these was asked. */
  readonly failingSinceMs: number;
}

/** Long work that is under way, or has ended. */
export interface WorkView {
  readonly action: ServiceAction;
  readonly sinceMs: number;
}

/** The last work that failed, and how often the same has failed in a row. */
export interface WorkFailure {
  readonly do: ServiceAction["do"];
  readonly because: string;
  readonly atMs: number;
  readonly times: number;
}

/** What another member's agent said last. */
export interface Peer {
  readonly report: MemberReport;
  /** When its session was last seen to change. */
  readonly heardAtMs: number;
}

/**
 * All that `decide` knows: what is true now, as one member's agent sees it. Plain data, so that it can be
 * written down and decided upon again. Instants are of the agent's monotonic clock.
 */
export interface View {
  readonly nowMs: number;
  readonly me: string;
  /** This life of the agent. */
  readonly session: string;
  /** Until when the agent may act by its session: sent + lease − margin. 0: it has no session now. */
  readonly leaseEndsAtMs: number;
  readonly settings: Settings;

  /** As last read; `null`: there is none. */
  readonly record: GroupRecord | null;
  /** Whether the record was read in this very beat. */
  readonly fresh: boolean;
  /** When this `rev` of it was first seen. */
  readonly recordSinceMs: number;
  /** A change of ours has an unknown outcome, or is not in `record` yet because it could not be read since. */
  readonly unsettled: boolean;
  /** What this life of the agent has sent, and may stand in the store in the place of `record`: on its way, of unknown outcome, or not read yet. */
  readonly sent: readonly GroupRecord[];
  /** Why the store cannot be believed (it went back in time, or is another one); `null`: it can. */
  readonly storeDoubt: string | null;

  /** The session that the record names, as observed; `null`: not yet observed, vacant, or our own. */
  readonly holder: SessionWatch | null;
  readonly peers: Readonly<Record<string, Peer>>;
  /** The heartbeats of the other nodes, by their names; those that were never heard in this life are missing. */
  readonly heard: Readonly<Record<string, Heard>>;
  /** This member's own word not to take over; `null`: it has never given it. */
  readonly promise: OwnPromise | null;
  /** What a holder called out last, of whatever term; `null`: nothing ever. */
  readonly alarm: Alarm | null;
  readonly probe: ProbeView | null;

  readonly service: ServiceLook;
  /** Since when the service has been in its state. */
  readonly stateSinceMs: number;
  /** Standby: since when it has not been streaming; `null`: it streams. */
  readonly streamDownSinceMs: number | null;
  /** Standby: when the stream was last seen to have brought something. */
  readonly streamMovedAtMs: number;
  /** Primary: since when each member of the newest rule has not been streaming. */
  readonly absentSinceMs: Readonly<Record<string, number>>;
  readonly work: WorkView | null;
  readonly done: WorkView | null;
  readonly failure: WorkFailure | null;
  readonly guard: GuardView;
  readonly health: "up" | "down" | "unknown";
  /** When this member sealed in vain lately: how often within the last minute, and when last. */
  readonly sealsInVain: number;
  /** The agent was asked to stop its services and to end. */
  readonly leaving: boolean;
}
