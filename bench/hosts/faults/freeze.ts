import { setTimeout as sleep } from "node:timers/promises";
import { NOTHING_FOUND } from "../../takeover/fault.ts";
import { placeStoreLeader, type HostFault } from "./host-fault.ts";

/** The primary's host stands still for a minute, silent, and goes on as if nothing had been: it must not acknowledge anything then. */
export const freeze: HostFault = {
  runs: 5,
  limits: {},
  takeovers: 1,
  outageMs: 60_000,
  modes: ["strict"],
  async act(scene) {
    const { cluster, primary, outageMs, inject } = scene;
    await placeStoreLeader(scene, "elsewhere");
    const host = cluster.lan.host(primary);
    inject();
    host.freeze();
    try {
      await sleep(outageMs);
    } finally {
      host.thaw();
    }
    return NOTHING_FOUND;
  },
};
