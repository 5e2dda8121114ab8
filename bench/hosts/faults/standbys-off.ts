import { setTimeout as sleep } from "node:timers/promises";
import { systemClock } from "../../../src/agent/system-clock.ts";
import { NOTHING_FOUND } from "../../takeover/fault.ts";
import { acknowledgedIn, othersOf, type HostFault } from "./host-fault.ts";

/** A standby's host loses power: nobody takes over, and writes go on with the other standby, or, where there is none and the group may, alone. */
export const standbyOff: HostFault = {
  runs: 10,
  limits: { takeovers: 0 },
  takeovers: 0,
  outageMs: 10_000,
  modes: ["strict"],
  async act(scene) {
    const { cluster, outageMs, inject, primary } = scene;
    const standby = othersOf(scene, primary).at(-1) ?? "";
    await cluster.leadStore(cluster.hosts.find((host) => host !== primary && host !== standby) ?? "");
    await sleep(500);
    inject();
    cluster.powerOff(standby);
    await sleep(outageMs);
    cluster.powerOn(standby);
    return NOTHING_FOUND;
  },
};

/**
 * The one standby that was left loses power, and with it the store its majority: nothing may be acknowledged until one of them
 * is back.
 */
export const lastStandbyOff: HostFault = {
  runs: 5,
  limits: {},
  takeovers: "any",
  outageMs: 10_000,
  modes: ["strict"],
  async act(scene) {
    const { cluster, outageMs, inject, primary } = scene;
    const [first = "", last = ""] = othersOf(scene, primary);
    cluster.powerOff(first);
    await sleep(outageMs);
    inject();
    cluster.powerOff(last);
    const goneAtMs = systemClock.nowMs();
    await sleep(outageMs);
    const acknowledged = await acknowledgedIn(scene, goneAtMs, systemClock.nowMs());
    cluster.powerOn(last);
    cluster.powerOn(first);
    return acknowledged > 0
      ? { problems: [`${acknowledged} commits were acknowledged without any standby`] }
      : NOTHING_FOUND;
  },
};
