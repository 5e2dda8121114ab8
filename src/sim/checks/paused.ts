import type { MakeCheck } from "./check.ts";

export const paused: MakeCheck = (world) => ({
  proves:
    "while the group is paused nobody becomes primary, unless an operator handed the term over or accepted a loss",
  recordChanged(before, after) {
    if (before?.paused == null || after === null || after.term === before.term) return;
    const phase = before.switchover?.phase;
    const isAsked = before.acceptedLoss !== null || phase === "handed-over" || phase === "yielding";
    if (!isAsked) world.violated(this, `"${after.primary}" took term ${after.term} while the group was paused`);
  },
});
