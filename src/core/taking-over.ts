import { hasExpired, mayTake, ruleAtTake } from "./candidate.ts";
import { again, verdict, work, write, writeIfHolderUnchanged, type Decision } from "./decision.ts";
import { seal, take, type GroupRecord } from "./record.ts";
import type { View } from "./view.ts";

/** Seals in vain within a minute after which a member waits, so that it does not keep the others from working. */
const VAIN_SEALS = 3;

/** The end of reading shows only in a look. */
const SOON_MS = 3;

/** Rule 4: why a takeover is called for; `null`: it is not. */
export function takeoverReason(view: View, record: GroupRecord, suspected: string | null): string | null {
  const accepted = record.acceptedLoss?.term === record.term;
  const handedOver = record.primary === null && record.switchover?.phase === "handed-over";
  if (record.paused !== null && !accepted && !handedOver) return null;
  if (record.primary === null) return "the record is vacant";
  if (hasExpired(view)) return `the session of "${record.primary}" has expired`;
  return suspected;
}

/** Rules 5 and 6: stop receiving, seal, take. In this order. */
export function takingOver(view: View, record: GroupRecord, reason: string): Decision {
  const { service, me } = view;
  if (!record.members.includes(me) || service.incarnation === null)
    return verdict("waiting", "it is no member of the group's record");
  const mine = record.sealed[me];
  const sealed = mine !== undefined && mine.incarnation === service.incarnation && service.receiving === null;
  if (!sealed && view.sealsInVain >= VAIN_SEALS && record.primary !== null && !hasExpired(view)) {
    return verdict(
      "back-off",
      `it has sealed ${view.sealsInVain} times within a minute and nobody took; it waits a moment`,
    );
  }
  if (service.receiving !== null) return verdict("stop-receiving", reason, work({ do: "seal" }));
  if (service.position === null)
    return verdict("waiting", "it has stopped receiving, and what it received is still being read", again(SOON_MS));
  if (!sealed) {
    const copy = { member: me, incarnation: service.incarnation };
    return verdict("seal", reason, write(seal(record, copy, service.position, reason), "sealed"));
  }
  return taking(view, record, reason);
}

function taking(view: View, record: GroupRecord, reason: string): Decision {
  const { service, me, session } = view;
  const mine = record.sealed[me];
  if (view.leaseEndsAtMs <= view.nowMs) return verdict("waiting", "the agent has no session");
  if (mine === undefined || service.incarnation === null) return verdict("waiting", "it has not sealed");
  const verdictOnTake = mayTake(view);
  if (!verdictOnTake.may)
    return verdict(
      "sealed-waiting",
      verdictOnTake.because,
      ...(verdictOnTake.inMs > 0 ? [again(verdictOnTake.inMs)] : []),
    );
  const because = verdictOnTake.because.startsWith(reason)
    ? verdictOnTake.because
    : `${reason}; ${verdictOnTake.because}`;
  const copy = { member: me, incarnation: service.incarnation };
  const next = take(record, copy, session, mine.position, service.forks, ruleAtTake(view), because);
  const byExpiry = record.primary !== null && hasExpired(view);
  return verdict("take", because, byExpiry ? writeIfHolderUnchanged(next, "taken") : write(next, "taken"));
}
