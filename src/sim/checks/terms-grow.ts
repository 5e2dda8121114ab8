import type { MakeCheck } from "./check.ts";

export const termsGrow: MakeCheck = (world) => ({
  proves: "terms only grow, by one with each new primary, and no change is skipped or repeated",
  recordChanged(before, after) {
    if (before === null || after === null) return;
    const isNext = after.rev === before.rev + 1;
    const isTake = after.term === before.term + 1;
    if (!isNext) world.violated(this, `change ${after.rev} follows change ${before.rev}`);
    if (!isTake && after.term !== before.term) world.violated(this, `term ${after.term} follows term ${before.term}`);
    if (!isTake && after.primary !== before.primary && after.primary !== null)
      world.violated(this, `"${after.primary}" became primary without a new term`);
    if (isTake && (after.open || Object.keys(after.sealed).length > 0))
      world.violated(this, `term ${after.term} begins open, or with seals of the term before`);
  },
});
