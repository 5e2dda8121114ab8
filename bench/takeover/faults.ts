import { agentKill, agentStop, memberKill, postmasterKill, postmasterStop } from "./process-faults.ts";
import { standbysGone } from "./standbys-gone.ts";
import { switchover } from "./switchover-fault.ts";
import type { Fault } from "./fault.ts";

/** Everything that the bench can do to a group, in the order of the table. A soak is made of them, see `soak.ts`. */
export const faults = {
  "postmaster-kill": postmasterKill,
  "member-kill": memberKill,
  "postmaster-stop": postmasterStop,
  "agent-stop": agentStop,
  "agent-kill": agentKill,
  switchover,
  "standbys-gone": standbysGone,
} satisfies Record<string, Fault>;
