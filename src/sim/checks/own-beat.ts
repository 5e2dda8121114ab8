import type { MakeCheck } from "./check.ts";

/** Rule 7, for all decisions: nothing is decided by what was true before. */
export const ownBeat: MakeCheck = (world) => {
  const sentAtMs = new Map<string, number>();
  const written = new Map<string, number>();
  return {
    proves:
      "an agent decides by a read and a look that began in the same beat, with no work begun or ended since, and knows what is under way; a member that does not hold the term does not decide by a record from before its own last change",
    heard(node, [first], sent) {
      if (first?.key === "group/main") sentAtMs.set(node, sent);
    },
    wrote(node, rev) {
      written.set(node, rev);
    },
    decided({ name, service }, { fresh, record, me, storeDoubt, work }, { rule }) {
      if (service === null) return;
      if (work === null && service.work !== null)
        world.violated(this, `"${name}" decides "${rule}" as if "${service.work.do}" were over`);
      const isOld = record !== null && record.primary !== me && record.rev < (written.get(name) ?? 0);
      // Whoever runs as primary and is not named ends that by whatever it knows.
      if (isOld && storeDoubt === null && rule !== "superseded")
        world.violated(this, `"${name}" decides "${rule}" by a record from before its own change`);
      const { beganAtMs, workThen } = service.lastLook;
      if (service.changes !== workThen)
        world.violated(this, `"${name}" decides "${rule}" by a look from before its work began or ended`);
      if (fresh && (sentAtMs.get(name) ?? 0) < beganAtMs)
        world.violated(this, `"${name}" decides "${rule}" by a read that was sent before its beat began`);
    },
  };
};
