import type { Focus, Scene } from "./focus.ts";
import { mutant, type Mutant } from "./mutant.ts";

const FOLLOW = "routes/follow-record.ts";

/** A proxy hears late, or nothing, of a term that has begun elsewhere. */
const UNHEARD: Focus = {
  faults: [
    "proxy is cut off from the store",
    "bells of the store get lost",
    "store is slow",
    "messages stray",
    "server dies",
    "operator switches over",
  ],
};

/** The last answer that the proxy gets is late, and the record leaves the primary meanwhile. */
const CUT_OFF_WITH_AN_ANSWER_ON_ITS_WAY: readonly Scene[] = [
  ["store is slow", 1000, 6000, 0, 0.9],
  ["server dies", 2000, 10, -1],
  ["proxy is cut off from the store", 2500, 6000, 0],
];

/** What a route promises: one place at a time, a lease late at most. */
export const ROUTE: readonly Mutant[] = [
  mutant(
    "view-always-fresh",
    "a route leads to one place: a view that is a lease old lets nobody in",
    FOLLOW,
    "    this.#becomeStaleAt(freshUntilMs);\n",
    "",
    UNHEARD,
  ),
  mutant(
    "view-fresh-from-its-answer",
    "a route leads to one place: the lease of a view counts from when the read was sent",
    FOLLOW,
    "    const freshUntilMs = sentAtMs + this.#options.leaseMs;\n",
    "    const freshUntilMs = this.#options.clock.nowMs() + this.#options.leaseMs;\n",
    { faults: [], story: CUT_OFF_WITH_AN_ANSWER_ON_ITS_WAY },
  ),
];
