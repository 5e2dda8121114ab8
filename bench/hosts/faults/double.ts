import { setTimeout as sleep } from "node:timers/promises";
import { othersOf, placeStoreLeader, type HostFault, type HostScene } from "./host-fault.ts";

const TAKEOVER_WITHIN_MS = 30_000;
const BEGINS_WITHIN_MS = 10_000;
/** A new copy of the data is being made by then, and is not done. */
const CLONING_MS = 300;

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

/** The primary's host loses power while it hands over. */
export const doubleSwitchover = amid(async ({ cluster }) => {
  const done = cluster.command("switchover");
  const began = await cluster.untilRecord((record) => record.switchover != null, BEGINS_WITHIN_MS);
  return { began, done };
});

/** The primary's host loses power while one of its standbys is cloned anew. */
export const doubleJoin = amid(async (scene) => {
  const { cluster } = scene;
  const member = othersOf(scene, scene.primary)[1] ?? "";
  const done = cluster.command("reinit", member);
  const isOut = await cluster.untilRecord(
    ({ commit = [] }) => commit.every((rule) => rule.of.every((copy) => copy.member !== member)),
    BEGINS_WITHIN_MS,
  );
  await sleep(CLONING_MS);
  return { began: isOut, done };
});

/** The primary's host loses power while two commit rules stand in the record, because one standby is to leave. */
export const doubleRule = amid(async (scene) => {
  const { cluster } = scene;
  const done = cluster.command("reinit", othersOf(scene, scene.primary)[1] ?? "");
  return { began: await cluster.untilRecord(({ commit = [] }) => commit.length > 1, BEGINS_WITHIN_MS), done };
});

/** Begins something, and takes the power from the primary's host in the middle of it. */
function amid(
  begin: (scene: HostScene) => Promise<{ readonly began: boolean; readonly done: Promise<unknown> }>,
): HostFault {
  return {
    runs: 5,
    limits: {},
    takeovers: "any",
    outageMs: 5000,
    modes: ["strict"],
    async act(scene) {
      const { cluster, primary, outageMs, inject } = scene;
      await placeStoreLeader(scene, "elsewhere");
      const { began, done } = await begin(scene);
      inject();
      cluster.powerOff(primary);
      await sleep(outageMs);
      cluster.powerOn(primary);
      await done;
      return { problems: began ? [] : ["what was to be disturbed was not seen to begin"] };
    },
  };
}
