import { verdict, write, type Decision } from "./decision.ts";
import { settle } from "./record.ts";
import type { View } from "./view.ts";

/** Rule 5: after a lost answer nothing is believed until another change of the record has won. */
export function settled(view: View): Decision {
  if (view.record === null || !view.fresh)
    return verdict("waiting", "what became of a change of its own is not known yet, and the store does not answer");
  const because = "the answer to a change got lost, so nothing may still be on its way";
  return verdict("settle", because, write(settle(view.record, because)));
}
