import { setTimeout as sleep } from "node:timers/promises";
import type { GroupStatus } from "../api/agent-port.ts";
import { agentAt, socketOf } from "../api/client.ts";
import type { Config } from "../config/config.ts";

const LOOK_MS = 250;

/** Says how far `node` has come in each of its groups, until it streams in all of them and counts where it shall, or `signal`. */
export async function followJoining(
  config: Config,
  node: string,
  say: (text: string) => void,
  signal: AbortSignal,
): Promise<void> {
  const agent = agentAt(node, socketOf(config, node));
  const told = new Map<string, string>();
  const groups = Object.values(config.groups).filter(({ members }) => members[node] !== undefined);
  let arrived = 0;
  while (!signal.aborted && arrived < groups.length) {
    const status = await agent.status().catch(() => null);
    arrived = 0;
    for (const group of status?.groups ?? []) {
      const step = stepOf(group, node);
      if (step.text !== "" && told.get(group.group) !== step.text) say(`${group.group}: ${step.text}`);
      told.set(group.group, step.text);
      if (step.isLast) arrived++;
    }
    await sleep(LOOK_MS, undefined, { signal }).catch(() => undefined);
  }
  if (!signal.aborted) say(`"${node}" has joined. It runs until Ctrl-C`);
}

interface Step {
  readonly text: string;
  readonly isLast: boolean;
}

function stepOf({ members, record, durability }: GroupStatus, node: string): Step {
  const own = members.find(({ member }) => member === node);
  const report = own?.report ?? null;
  if (own === undefined || report === null) return { text: "", isLast: false };
  const step = (text: string, isLast = false): Step => ({ text, isLast });
  if (report.work !== null) return step(report.work.replace(/^(\w+): (?=\1)/, ""));
  if (own.counted) return step("it has everything, and its acknowledgements count", true);
  if (record?.primary === node) return step("it is the primary", true);
  if (!report.streaming) return step("");
  return step("it streams", own.limit !== null || durability.startsWith("asynchronous"));
}
