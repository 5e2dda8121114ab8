import { mutant, type Mutant } from "./mutant.ts";

/** Zones, and members that only watch. */
export const PLACES: readonly Mutant[] = [
  mutant(
    "observer-seals",
    "members: who only watches never seals",
    "core/as-standby.ts",
    "isObserver(view.settings, view.me) ? null : takeoverReason(",
    "takeoverReason(",
  ),
  mutant(
    "zones-do-not-count",
    "zones: writes wait for another zone where enough copies are there",
    "core/desired-rule.ts",
    "return far.length >= need ? far : of;",
    "return of;",
  ),
];
