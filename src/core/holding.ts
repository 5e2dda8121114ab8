import type { Effect } from "./decision.ts";
import { promisedUntilMs } from "./promise.ts";
import type { GroupRecord } from "./record.ts";
import type { View } from "./view.ts";

/** A primary asks once a renewal of its session is late by half of the time between two. */
const ASKS_AFTER_RENEWALS = 1.5;

/** Until when whoever is named by the record may act as primary: by the lease of the session that it names, or as long as promises hold. */
export function holdsUntilMs(view: View, record: GroupRecord): number {
  const byLease = record.session === view.session ? view.leaseEndsAtMs : 0;
  return Math.max(byLease, serves(view, record) ? surelyPromisedUntilMs(view, record) : 0);
}

/**
 * Promises count under whichever record may be in the store: one that names a new member asks for that one's word, too. What an earlier
 * life has sent nobody knows.
 */
function surelyPromisedUntilMs(view: View, record: GroupRecord): number {
  const { sent, me, unsettled } = view;
  if ((unsettled && sent.length === 0) || sent.some(({ primary }) => primary !== me)) return 0;
  return Math.min(...[record, ...sent].map((one) => promisedUntilMs(view, one)));
}

/** The guard lets the service go on for as long as that. */
export function arm(view: View, record: GroupRecord): Effect {
  return { effect: "arm", untilMs: holdsUntilMs(view, record) };
}

export function askPromises({ term }: GroupRecord): Effect {
  return { effect: "ask-promises", term };
}

/** Whether a primary wants promises: the store has not renewed its session for a while, or it goes on by promises until its new one stands in the record. */
export function wantsPromises(view: View, record: GroupRecord): boolean {
  if (!serves(view, record)) return false;
  if (record.session !== view.session) return holdsUntilMs(view, record) > view.nowMs;
  return asksInMs(view) < 0;
}

/** In how long a primary asks for promises, unless its session is renewed before; `Infinity`: it is none. */
export function mayAskInMs(view: View, record: GroupRecord): number {
  return serves(view, record) && record.session === view.session ? asksInMs(view) : Infinity;
}

function asksInMs({ leaseEndsAtMs, nowMs, settings }: View): number {
  const { leaseMs, marginMs, renewMs } = settings.timing;
  return leaseEndsAtMs - nowMs - (leaseMs - marginMs - ASKS_AFTER_RENEWALS * renewMs);
}

/** Whether it is primary of the record's term already: nobody becomes that without the store. */
function serves({ service }: View, record: GroupRecord): boolean {
  return service.state === "primary" && service.term === record.term;
}
