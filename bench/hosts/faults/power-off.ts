import { setTimeout as sleep } from "node:timers/promises";
import { NOTHING_FOUND } from "../../takeover/fault.ts";
import { placeStoreLeader, type HostFault } from "./host-fault.ts";

/** The primary's host loses power, and with it one of the store's followers. It comes back later. */
export const powerOff: HostFault = offWith("elsewhere");

/** The primary's host loses power, and with it the store's leader. */
export const powerOffLeader: HostFault = offWith("with the primary");

/** The same without waiting for standbys: what may be lost is bounded. */
export const asyncPowerOff: HostFault = { ...powerOff, modes: ["off"] };

function offWith(where: "with the primary" | "elsewhere"): HostFault {
  return {
    runs: 20,
    limits: {},
    takeovers: 1,
    outageMs: 5000,
    modes: ["strict"],
    async act(scene) {
      const { cluster, primary, outageMs, inject } = scene;
      await placeStoreLeader(scene, where);
      inject();
      cluster.powerOff(primary);
      await sleep(outageMs);
      cluster.powerOn(primary);
      return NOTHING_FOUND;
    },
  };
}
