import { setTimeout as sleep } from "node:timers/promises";
import type { Way } from "../../../test/hosts/network.ts";
import { NOTHING_FOUND } from "../../takeover/fault.ts";
import { placeStoreLeader, type HostFault, type HostScene } from "./host-fault.ts";

/** Nobody reaches the primary's host and it reaches nobody, the clients included. */
export const isolate: HostFault = cutting(({ primary }) => [{ from: primary }, { to: primary }]);

/**
 * The same without waiting for standbys: nothing but its lease keeps the primary, which its own host's clients still reach, from
 * acknowledging while another one takes over.
 */
export const asyncIsolate: HostFault = { ...isolate, modes: ["off"] };

/** The primary's host and those of its standbys do not reach each other; the clients reach them all. */
export const isolatePeers: HostFault = cutting((scene) =>
  otherHosts(scene).flatMap((other) => [
    { from: scene.primary, to: other },
    { from: other, to: scene.primary },
  ]),
);

/** What the primary's host sends does not reach its standbys' hosts, and what they send does reach it. */
export const oneWay: HostFault = cutting((scene) =>
  otherHosts(scene).map((other) => ({ from: scene.primary, to: other })),
);

/** What the standbys' hosts send does not reach the primary's host, and what it sends does reach them. */
export const oneWayIn: HostFault = cutting((scene) =>
  otherHosts(scene).map((other) => ({ from: other, to: scene.primary })),
);

/** All that is there but the primary's host and the clients'. */
function otherHosts({ cluster, primary }: HostScene): readonly string[] {
  return cluster.hosts.filter((host) => host !== primary);
}

function cutting(ways: (scene: HostScene) => readonly Way[]): HostFault {
  return {
    runs: 10,
    limits: {},
    takeovers: 1,
    outageMs: 20_000,
    modes: ["strict"],
    async act(scene) {
      const { lan } = scene.cluster;
      await placeStoreLeader(scene, "elsewhere");
      const cuts = ways(scene);
      scene.inject();
      for (const way of cuts) lan.network.cut(way);
      try {
        await sleep(scene.outageMs);
      } finally {
        for (const way of cuts) lan.network.mend(way);
      }
      return NOTHING_FOUND;
    },
  };
}
