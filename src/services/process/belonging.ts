import type { GuardTarget } from "../service.ts";
import { markOf } from "./environment.ts";
import type { Life } from "./life.ts";
import { workDirectory, type Place } from "./place.ts";

/** What belongs to a member's process, and ends with it. */
export function belongingOf(place: Place, life: Life | null): GuardTarget {
  const controlGroup = life?.controlGroup ?? null;
  return { directory: workDirectory(place), mark: markOf(place), ...(controlGroup !== null && { controlGroup }) };
}
