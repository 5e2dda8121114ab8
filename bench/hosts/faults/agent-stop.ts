import { setTimeout as sleep } from "node:timers/promises";
import { sendSignal } from "../../../src/host/processes.ts";
import { NOTHING_FOUND } from "../../takeover/fault.ts";
import { placeStoreLeader, type HostFault } from "./host-fault.ts";

/** The primary's agent alone is stopped for a minute; its server goes on until its guard ends it. */
export const agentStop: HostFault = {
  runs: 5,
  limits: { max: 3000 },
  takeovers: "any",
  outageMs: 60_000,
  modes: ["strict"],
  async act(scene) {
    const { cluster, primary, outageMs, inject } = scene;
    await placeStoreLeader(scene, "elsewhere");
    const agent = cluster.agentOf(primary);
    inject();
    sendSignal(agent, "SIGSTOP");
    try {
      await sleep(outageMs);
    } finally {
      sendSignal(agent, "SIGCONT");
    }
    return NOTHING_FOUND;
  },
};
