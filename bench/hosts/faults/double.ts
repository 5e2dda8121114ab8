import { setTimeout as sleep } from "node:timers/promises";
import { placeStoreLeader, type HostFault } from "./host-fault.ts";

const TAKEOVER_WITHIN_MS = 30_000;

/** The primary's host loses power, and the next primary's as soon as it is open. The first comes back, and has to do with the third. */
export const double: HostFault = {
  runs: 5,
  limits: {},
  takeovers: "any",
  outageMs: 5000,
  modes: ["strict"],
  async act(scene) {
    const { cluster, primary, outageMs, inject } = scene;
    await placeStoreLeader(scene, "elsewhere");
    const { term } = await cluster.record();
    inject();
    cluster.powerOff(primary);
    const next = await cluster.untilOpenAbove(term, TAKEOVER_WITHIN_MS);
    if (next !== null) cluster.powerOff(next);
    await sleep(outageMs);
    cluster.powerOn(primary);
    await sleep(outageMs);
    if (next !== null) cluster.powerOn(next);
    return { problems: next === null ? ["nobody took over after the first loss"] : [] };
  },
};
