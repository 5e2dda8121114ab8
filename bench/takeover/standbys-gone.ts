import { setTimeout as sleep } from "node:timers/promises";
import { systemClock } from "../../src/agent/system-clock.ts";
import { sendSignal } from "../../src/host/processes.ts";
import type { Fault, Scene } from "./fault.ts";

/** An acknowledgement that was under way when the last standby died may still arrive. */
const UNDER_WAY_MS = 100;
/** By then a primary that may go on alone does. */
const ALONE_WITHIN_MS = 5000;

/** Both standbys gone at once, and back later: a strict group waits, a preferred one goes on alone; nobody takes over. */
export const standbysGone: Fault = {
  runs: 5,
  limits: { takeovers: 0 },
  takeovers: 0,
  outageMs: 10_000,
  modes: ["strict", "preferred"],
  async act(scene) {
    const { cluster, primary, outageMs, inject } = scene;
    const standbys = cluster.members.filter((member) => member !== primary);
    const pids = (await Promise.all(standbys.map((member) => cluster.processesOf(member)))).flat();
    for (const member of standbys) cluster.keepDown(member);
    const before = await cluster.record();
    inject();
    for (const pid of pids) sendSignal(pid, "SIGKILL");
    const goneAtMs = systemClock.nowMs();
    await sleep(outageMs);
    const problems = await problemsWhileGone(scene, goneAtMs);
    const during = await cluster.record();
    if (during.term !== before.term) problems.push(`term ${before.term} became ${during.term} without any standby`);
    for (const member of standbys) cluster.bringUp(member);
    return { problems };
  },
};

/** What the client and the record must show while there is no standby. */
async function problemsWhileGone({ cluster, load }: Scene, goneAtMs: number): Promise<string[]> {
  const nowMs = systemClock.nowMs();
  const record = await cluster.record();
  const alone = record.commit.some((rule) => rule.need === 0);
  if (cluster.mode === "strict") {
    const { acknowledged } = await load.window(goneAtMs + UNDER_WAY_MS, nowMs);
    return [
      ...(acknowledged > 0 ? [`${acknowledged} commits were acknowledged without any standby`] : []),
      ...(alone ? ["a strict group recorded that it goes on alone"] : []),
    ];
  }
  const { acknowledged } = await load.window(goneAtMs + ALONE_WITHIN_MS, nowMs);
  return [
    ...(acknowledged === 0 ? [`the primary did not go on alone within ${ALONE_WITHIN_MS} ms`] : []),
    ...(alone ? [] : ["the primary's going on alone is not in the record"]),
  ];
}
