import type { MakeCheck } from "./check.ts";

/** Rule 7, for all decisions: nothing is decided by what was true before. */
export const ownBeat: MakeCheck = (world) => {
  const sentAtMs = new Map<string, number>();
  return {
    proves: "an agent decides by a read and a look that began in the same beat, with no work begun or ended since",
    heard(node, [first], sent) {
      if (first?.key === "group/main") sentAtMs.set(node, sent);
    },
    decided({ name, service }, { fresh }, { rule }) {
      if (service === null) return;
      const { beganAtMs, workThen } = service.lastLook;
      if (service.changes !== workThen)
        world.violated(this, `"${name}" decides "${rule}" by a look from before its work began or ended`);
      if (fresh && (sentAtMs.get(name) ?? 0) < beganAtMs)
        world.violated(this, `"${name}" decides "${rule}" by a read that was sent before its beat began`);
    },
  };
};
