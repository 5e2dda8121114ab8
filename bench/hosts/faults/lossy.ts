import { setTimeout as sleep } from "node:timers/promises";
import { NOTHING_FOUND } from "../../takeover/fault.ts";
import type { HostFault } from "./host-fault.ts";

const LOSS_PERCENT = 1;
/** Between two members a frame takes 0 to 50 ms more, half of it on each one's side. */
const HALF_JITTER_MS = 12.5;

/** A bad network between the members' hosts for ten minutes: nobody should take over for that. */
export const lossy: HostFault = {
  runs: 1,
  limits: { takeovers: 0 },
  takeovers: "any",
  outageMs: 600_000,
  modes: ["strict"],
  async act({ cluster, outageMs, inject }) {
    const hosts = cluster.members.map((member) => cluster.lan.host(member));
    inject();
    try {
      for (const host of hosts) {
        host.loss(LOSS_PERCENT / 2);
        await host.delay(HALF_JITTER_MS, HALF_JITTER_MS);
      }
      await sleep(outageMs);
    } finally {
      for (const host of hosts) {
        host.loss(0);
        host.undelay();
      }
    }
    return NOTHING_FOUND;
  },
};
