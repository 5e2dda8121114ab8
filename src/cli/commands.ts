import type { Command } from "commander";
import { addAgent } from "./commands/agent.ts";
import { addCheck } from "./commands/check.ts";
import { addEvents } from "./commands/events.ts";
import { addFailover } from "./commands/failover.ts";
import { addJoin } from "./commands/join.ts";
import { addLeave } from "./commands/leave.ts";
import { addPause } from "./commands/pause.ts";
import { addProxy } from "./commands/proxy.ts";
import { addReinit } from "./commands/reinit.ts";
import { addResume } from "./commands/resume.ts";
import { addStatus } from "./commands/status.ts";
import { addSwitchover } from "./commands/switchover.ts";
import { addToken } from "./commands/token.ts";
import { addUp } from "./commands/up.ts";
import { addWhy } from "./commands/why.ts";

/** Every command, in the order of the help. */
export const commands: readonly ((program: Command) => void)[] = [
  addUp,
  addStatus,
  addWhy,
  addEvents,
  addSwitchover,
  addFailover,
  addPause,
  addResume,
  addReinit,
  addCheck,
  addAgent,
  addProxy,
  addToken,
  addJoin,
  addLeave,
];
