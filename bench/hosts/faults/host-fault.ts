import { setTimeout as sleep } from "node:timers/promises";
import type { Fault, Scene } from "../../takeover/fault.ts";
import type { HostCluster } from "../cluster.ts";

/** A fault of whole hosts, their network or their store. */
export type HostFault = Fault<HostCluster>;
export type HostScene = Scene<HostCluster>;

/** The other members, in their order. */
export function othersOf({ cluster }: HostScene, ...these: readonly string[]): readonly string[] {
  return cluster.members.filter((member) => !these.includes(member));
}

/** A standby; the same one whenever the same member is primary. */
export function standbyOf(scene: HostScene): string {
  return othersOf(scene, scene.primary)[0] ?? "";
}

/** The store's leader is on the primary's host, or certainly not: what a fault costs depends on it. */
export async function placeStoreLeader(scene: HostScene, where: "with the primary" | "elsewhere"): Promise<void> {
  await scene.cluster.leadStore(where === "elsewhere" ? standbyOf(scene) : scene.primary);
  await sleep(500);
}

/** Whether what went on in this time must have been without a single acknowledged commit. `graceMs`: what was under way may still come. */
export async function acknowledgedIn(
  { load }: HostScene,
  fromMs: number,
  toMs: number,
  graceMs = 100,
): Promise<number> {
  return (await load.window(fromMs + graceMs, toMs)).acknowledged;
}
