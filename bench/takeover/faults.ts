import type { Fault } from "./fault.ts";
import { agentKill, agentStop, memberKill, postmasterKill, postmasterStop } from "./process-faults.ts";
import { standbysGone } from "./standbys-gone.ts";
import { switchover } from "./switchover-fault.ts";

/** Everything that the bench can do to a group, one at a time. */
export const faults = {
  "postmaster-kill": postmasterKill,
  "member-kill": memberKill,
  "postmaster-stop": postmasterStop,
  "agent-stop": agentStop,
  "agent-kill": agentKill,
  switchover,
  "standbys-gone": standbysGone,
} satisfies Record<string, Fault>;

export type FaultName = keyof typeof faults;

/** What a soak draws from: everything that should change the primary. */
export const soakKinds = [
  "postmaster-kill",
  "member-kill",
  "postmaster-stop",
  "agent-stop",
  "switchover",
] as const satisfies readonly FaultName[];
