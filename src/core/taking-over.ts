import { hasExpired, mayTake, ruleAtTake } from "./candidate.ts";
import { again, verdict, work, write, writeIfHolderUnchanged, type Decision } from "./decision.ts";
import { boundForMs } from "./promise.ts";
import { seal, take, type GroupRecord } from "./record.ts";
import type { View } from "./view.ts";

/** Seals in vain within a minute after which a member waits, so that it does not keep the others from working. */
const VAIN_SEALS = 3;

/** The end of reading shows only in a look. */
const SOON_MS = 3;

/** Rule 4: why a takeover is called for; `null`: it is not. */
export function takeoverReason(view: View, record: GroupRecord, suspected: string | null): string | null {
  const accepted = record.acceptedLoss?.term === record.term;
  const isYielding = record.switchover?.phase === "yielding";
  const handedOver = isYielding || (record.primary === null && record.switchover?.phase === "handed-over");
  if (record.paused !== null && !accepted && !handedOver) return null;
  if (record.primary === null) return "the record is vacant";
  if (isYielding) return `"${record.primary}" yields the term`;
  if (hasExpired(view)) return `the session of "${record.primary}" has expired`;
  return suspected;
}

/** Rules 5 and 6: stop receiving, seal, take. In this order. */
export function takingOver(view: View, record: GroupRecord, reason: string): Decision {
  const { service, me } = view;
  if (!record.members.includes(me) || service.incarnation === null)
    return verdict("waiting", "it is no member of the group's record");
  const boundMs = boundForMs(view, record);
  if (boundMs > 0)
    return verdict(
      "promised",
      `${reason}; it has promised "${record.primary}" not to take over for ${Math.ceil(boundMs)} ms more`,
      again(boundMs),
    );
  const mine = record.sealed[me];
  const sealed = mine !== undefined && mine.incarnation === service.incarnation && service.receiving === null;
  if (!sealed && view.sealsInVain >= VAIN_SEALS && record.primary !== null && !hasExpired(view)) {
    return verdict(
      "back-off",
      `it has sealed ${view.sealsInVain} times within a minute and nobody took; it waits a moment`,
    );
  }
  const turn = turnOfAnother(view, record);
  if (!sealed && turn !== null) return verdict("await-handover", turn.because, again(turn.forMs));
  if (service.receiving !== null && isBeingSupplied(view, record))
    return verdict("await-handover", "what the last primary has left to supply is still arriving", again(SOON_MS));
  if (service.receiving !== null) return verdict("stop-receiving", reason, work({ do: "seal" }));
  if (service.position === null)
    return verdict("waiting", "it has stopped receiving, and what it received is still being read", again(SOON_MS));
  if (!sealed) {
    const copy = { member: me, incarnation: service.incarnation };
    return verdict("seal", reason, write(seal(record, copy, service.position, reason), "sealed"));
  }
  return taking(view, record, reason);
}

/** A switchover names who shall take over: the others go on receiving meanwhile, so that they can follow at once. For a bounded time. */
function turnOfAnother(view: View, record: GroupRecord): { readonly because: string; readonly forMs: number } | null {
  const to = record.switchover?.to ?? null;
  const forMs = view.settings.timing.patienceMs - (view.nowMs - view.recordSinceMs);
  if (record.primary !== null || record.switchover?.phase !== "handed-over") return null;
  if (to === null || to === view.me || forMs <= 0) return null;
  return { because: `the term is handed over to "${to}"`, forMs };
}

/** Whether a primary that has vacated still supplies what this member lacks: not having it would make the two diverge. For a bounded time. */
function isBeingSupplied({ service, nowMs, recordSinceMs, settings }: View, record: GroupRecord): boolean {
  const last = record.primary === null && record.last !== null ? record.sealed[record.last.member] : undefined;
  if (last === undefined || service.receiving?.from !== record.last?.member) return false;
  const lacks = (service.offset ?? 0) < last.position.offset;
  return lacks && service.receiving?.streaming === true && nowMs - recordSinceMs < settings.timing.patienceMs;
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
