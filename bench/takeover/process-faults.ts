import { setTimeout as sleep } from "node:timers/promises";
import { processesIn, sendSignal } from "../../src/host/processes.ts";
import { twoPrimariesMs } from "../client/overlap.ts";
import { Witness } from "../client/witness.ts";
import { NOTHING_FOUND, type Fault, type Scene } from "./fault.ts";

/** SIGKILL of the primary's postmaster; its children notice and end. */
export const postmasterKill: Fault = {
  runs: 30,
  limits: { p50: 150, p95: 400 },
  takeovers: 1,
  outageMs: 0,
  modes: ["strict"],
  async act({ cluster, primary, inject }) {
    const postmaster = await cluster.postmasterOf(primary);
    inject();
    sendSignal(postmaster, "SIGKILL");
    return NOTHING_FOUND;
  },
};

/** SIGKILL of everything that a host's crash would end: agent, guard and all of the member's processes at once. */
export const memberKill: Fault = {
  runs: 20,
  limits: { p50: 500, p95: 1000 },
  takeovers: 1,
  outageMs: 0,
  modes: ["strict"],
  async act({ cluster, primary, inject }) {
    const pids = await cluster.processesOf(primary);
    inject();
    for (const pid of pids) sendSignal(pid, "SIGKILL");
    return NOTHING_FOUND;
  },
};

/** SIGSTOP of the primary's postmaster and all its children, continued later (those that are still there). */
export const postmasterStop: Fault = {
  runs: 20,
  limits: { p50: 700, p95: 1500 },
  takeovers: 1,
  outageMs: 20_000,
  modes: ["strict"],
  async act({ cluster, primary, outageMs, inject }) {
    const data = cluster.dataOf(primary);
    const postmaster = await cluster.postmasterOf(primary);
    const pids = new Set([postmaster, ...(await processesIn(data))]);
    inject();
    for (const pid of pids) sendSignal(pid, "SIGSTOP");
    for (const pid of await processesIn(data)) sendSignal(pid, "SIGSTOP");
    const stopped = new Set([...pids, ...(await processesIn(data))]);
    await sleep(outageMs);
    const left = await processesIn(data);
    for (const pid of left) if (stopped.has(pid)) sendSignal(pid, "SIGCONT");
    return NOTHING_FOUND;
  },
};

/** SIGSTOP of the primary's agent, the database untouched; no two members may acknowledge at the same time. */
export const agentStop: Fault = {
  runs: 10,
  limits: { max: 3000 },
  takeovers: "any",
  outageMs: 20_000,
  modes: ["strict"],
  async act(scene) {
    const witness = new Witness(await scene.cluster.memberTargets());
    try {
      await sleep(500);
      await stopAgent(scene);
      await sleep(2000);
    } finally {
      await witness.stop();
    }
    const overlapMs = twoPrimariesMs(witness.writes);
    const problems = overlapMs > 0 ? [`two members acknowledged at the same time for ${overlapMs} ms`] : [];
    if (witness.writes.length === 0) problems.push("the witness saw no acknowledged write at all");
    return { problems, twoPrimariesMs: overlapMs };
  },
};

async function stopAgent({ cluster, primary, outageMs, inject }: Scene): Promise<void> {
  const agent = cluster.agentOf(primary);
  inject();
  sendSignal(agent, "SIGSTOP");
  await sleep(outageMs);
  sendSignal(agent, "SIGCONT");
}

/** SIGKILL of the agent alone; it is started again at once, within the lease. */
export const agentKill: Fault = {
  runs: 10,
  limits: { max: 100, takeovers: 0 },
  takeovers: 0,
  outageMs: 3000,
  modes: ["strict"],
  async act({ cluster, primary, outageMs, inject }) {
    const agent = cluster.agentOf(primary);
    inject();
    sendSignal(agent, "SIGKILL");
    await sleep(outageMs);
    return NOTHING_FOUND;
  },
};
