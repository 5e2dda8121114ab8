import { asHolder } from "./as-holder.ts";
export { whileWriting } from "./as-holder.ts";
import { asStandby } from "./as-standby.ts";
import type { Decision } from "./decision.ts";
import { settled } from "./settled.ts";
import type { View } from "./view.ts";

/**
 * The rules of failover for one member.
 *
 * `decide` is pure: it reads one {@link View} and says what to do about it. It has no clock, no random
 * numbers and no I/O, so the agent, the simulator and the model checker run the same lines, and every
 * incident can be replayed from its recorded views.
 */
export function decide(view: View): Decision {
  const { record } = view;
  const impostor = view.service.state === "primary";
  const maySettle = view.unsettled && view.storeDoubt === null && !impostor;
  if (record !== null && maySettle && record.primary !== view.me) return settled(view);
  return record?.primary === view.me ? asHolder(view) : asStandby(view);
}
