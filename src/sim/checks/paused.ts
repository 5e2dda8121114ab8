import type { MakeCheck } from "./check.ts";

export const paused: MakeCheck = (world) => ({
  proves:
    "while the group is paused nobody becomes primary, unless an operator handed the term over or accepted a loss",
  recordChanged(before, after) {
    if (before?.paused == null || after === null || after.term === before.term) return;
    const isAsked = before.acceptedLoss !== null || before.switchover?.phase === "handed-over";
    if (!isAsked) world.violated(this, `"${after.primary}" took term ${after.term} while the group was paused`);
  },
});
