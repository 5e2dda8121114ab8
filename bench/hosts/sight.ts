import type { GroupEvent } from "../../src/core/event.ts";
import type { SeenRecord } from "../takeover/run-once.ts";
import type { Observed } from "./observer-messages.ts";
import { openOurSight } from "./our-sight.ts";
import { PatroniSight } from "./patroni/patroni-sight.ts";

/** A group as the observer sees it. Each rejects with a Failure while nothing can be seen. */
export interface Sight {
  record(): Promise<SeenRecord>;
  /** Its history, oldest first; empty where none is told. */
  events(): Promise<readonly GroupEvent[]>;
  /** What is missing until the primary serves and all others stream from it; `null`: nothing. */
  missing(): Promise<string | null>;
}

/** Begins to look. */
export async function openSight(observed: Observed): Promise<Sight> {
  return observed.kind === "ours" ? openOurSight(observed) : new PatroniSight(observed);
}
