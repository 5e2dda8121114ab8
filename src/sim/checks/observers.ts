import { isObserver } from "../../core/places.ts";
import type { MakeCheck } from "./check.ts";

/** Members that get their data late on purpose, or by way of another standby. */
export const observers: MakeCheck = (world) => ({
  proves: "who only watches never seals, is never primary, and no commit rule counts on it",
  recordChanged(_, after) {
    if (after === null) return;
    const named = [
      after.primary,
      ...Object.keys(after.sealed),
      ...after.commit.flatMap(({ of }) => of.map(({ member }) => member)),
    ];
    const wrong = named.find((member) => member !== null && isObserver(world.settings, member));
    if (wrong != null) world.violated(this, `"${wrong}" only watches, and the record counts on it`);
  },
  receives({ member }, { upstream }) {
    if (upstream.role === "standby" && isObserver(world.settings, member))
      world.mark("a member followed another standby");
  },
});
