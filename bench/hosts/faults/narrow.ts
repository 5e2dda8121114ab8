import { setTimeout as sleep } from "node:timers/promises";
import { NOTHING_FOUND } from "../../takeover/fault.ts";
import { placeStoreLeader, type HostFault } from "./host-fault.ts";

/** Far below what Ethernet carries, and above what heartbeats, questions and reports of a standby need. */
const LARGEST_BYTES = 1000;

/** The path to a standby's host loses long packets without a word; the other standby acknowledges what is written. */
export const narrow: HostFault = {
  runs: 5,
  limits: { takeovers: 0 },
  takeovers: "any",
  outageMs: 20_000,
  modes: ["strict"],
  async act(scene) {
    const { cluster, primary, outageMs, inject } = scene;
    await placeStoreLeader(scene, "elsewhere");
    const standby = cluster.members.find((member) => member !== primary) ?? "";
    const host = cluster.lan.host(standby);
    inject();
    host.narrow(LARGEST_BYTES);
    try {
      await sleep(outageMs);
    } finally {
      host.narrow(null);
    }
    return NOTHING_FOUND;
  },
};
