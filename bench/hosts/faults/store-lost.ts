import { setTimeout as sleep } from "node:timers/promises";
import { NOTHING_FOUND } from "../../takeover/fault.ts";
import { placeStoreLeader, standbyOf, type HostFault, type HostScene } from "./host-fault.ts";

/** The store's leader ends, on a standby's host. */
export const storeLeader: HostFault = losing(10, 5000, (scene) => [standbyOf(scene)]);

/** Two of the store's three members end, the one on the primary's host is left. */
export const storeMajority: HostFault = losing(3, 60_000, ({ cluster, primary }) =>
  cluster.hosts.filter((host) => host !== primary),
);

/** All of the store ends. */
export const storeAll: HostFault = losing(3, 60_000, ({ cluster }) => cluster.hosts);

/** etcd alone ends on the hosts that `which` names; servers and agents go on. */
function losing(runs: number, outageMs: number, which: (scene: HostScene) => readonly string[]): HostFault {
  return {
    runs,
    limits: {},
    takeovers: "any",
    outageMs,
    modes: ["strict"],
    async act(scene) {
      await placeStoreLeader(scene, "elsewhere");
      const lost = which(scene);
      scene.inject();
      for (const member of lost) scene.cluster.endStore(member);
      await sleep(scene.outageMs);
      for (const member of lost) scene.cluster.startStore(member);
      return NOTHING_FOUND;
    },
  };
}
