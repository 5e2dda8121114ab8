import { acting } from "./as-primary.ts";
import { arm, askPromises, holdsUntilMs, mayAskInMs, wantsPromises } from "./holding.ts";
import { again, endForGood, verdict, work, write, type Decision, type Effect } from "./decision.ts";
import { PROMISE_LOOK_MS } from "./promise.ts";
import { adoptSession, isGivingUp, newestRule, vacate, type GroupRecord } from "./record.ts";
import { settled } from "./settled.ts";
import type { ServiceState } from "./service-look.ts";
import type { View } from "./view.ts";

/** States in which no process of the service lives. */
const GONE: readonly ServiceState[] = ["stopped", "empty", "partial", "foreign"];

/** The record names this member: it acts as primary, becomes it, or gives the term up. The most dangerous first. */
export function asHolder(view: View): Decision {
  const record = view.record as GroupRecord;
  const decision = held(view, record);
  return isEnding(view, decision) ? decision : withItsTime(view, record, decision);
}

/** Nobody prolongs what is being ended for good. */
function isEnding({ service, work: current }: View, { effects }: Decision): boolean {
  const actions = [current?.action, ...effects.map((effect) => (effect.effect === "work" ? effect.action : undefined))];
  return GONE.includes(service.state) || actions.some((action) => action?.do === "stop" && action.how === "kill");
}

function withItsTime(view: View, record: GroupRecord, decision: Decision): Decision {
  const effects = itsTime(view, record);
  return effects.length === 0 ? decision : { ...decision, effects: [...effects, ...decision.effects] };
}

/**
 * What is due while a change of the record is on its way: that may take longer than the lease lasts, and nothing is decided
 * before its answer is there. Nothing, if it gives the term up or none is held.
 */
export function whileWriting(view: View): readonly Effect[] {
  const { record, me, service, sent } = view;
  const isGivenUp = sent.some(({ primary }) => primary !== me);
  return record?.primary !== me || isGivenUp || GONE.includes(service.state) ? [] : itsTime(view, record);
}

/** A renewed lease, or a promise, moves the guard's end, whatever else is decided; when the lease is in danger promises are asked for. */
function itsTime(view: View, record: GroupRecord): readonly Effect[] {
  const untilMs = holdsUntilMs(view, record);
  const isBehind = view.guard.state === "armed" && view.guard.untilMs < untilMs;
  const arms = isBehind ? [arm(view, record)] : [];
  const asks = wantsPromises(view, record) ? [askPromises(record), again(PROMISE_LOOK_MS)] : inTimeToAsk(view, record);
  return [...asks, ...arms];
}

/** What is left of the lease then is just enough for the question, the answer and the guard: no beat may be waited for. */
function inTimeToAsk(view: View, record: GroupRecord): readonly Effect[] {
  const inMs = mayAskInMs(view, record);
  return inMs < view.settings.timing.beatMs ? [again(inMs + 1)] : [];
}

function held(view: View, record: GroupRecord): Decision {
  const { service } = view;
  const gone = GONE.includes(service.state);
  const mine = record.session === view.session;
  const leftMs = view.leaseEndsAtMs - view.nowMs;
  const holdsForMs = holdsUntilMs(view, record) - view.nowMs;

  if (mine && holdsForMs <= 0 && !gone) return ending(view, "lease-lapsed", "the lease has run out without a renewal");
  if (!mine && service.state === "primary" && !isGuarded(view)) {
    return ending(
      view,
      "adopt-too-late",
      "it runs as primary from an earlier life of the agent, and its lease has run out",
    );
  }
  if (leftMs <= 0 && holdsForMs <= 0) return verdict("waiting", "the agent has no session");
  if (view.storeDoubt !== null)
    return gone ? verdict("store-doubt", view.storeDoubt) : ending(view, "store-doubt", view.storeDoubt);
  if (leftMs <= 0) return withoutStore(view);
  if (view.unsettled) return settled(view);
  if (!mine)
    return verdict(
      "adopt",
      "a new life of the agent goes on in the term that its node holds",
      write(adoptSession(record, view.session, `${view.me}'s agent has restarted`), "adopted"),
    );
  if (gone || hasWrittenItsEnd(view)) return ended(view, record);
  if (view.guard.state === "fired")
    return ending(view, "guard-fired", "the guard has ended the service because the lease was not renewed in time");
  if (service.state === "hung" && view.work?.action.do !== "stop")
    return ending(view, "primary-hung", service.problem ?? "the service does not answer");
  if (service.state === "primary" && service.term !== record.term && !isBeingPromoted(view, record)) {
    return ending(
      view,
      "not-my-term",
      `it runs as primary of term ${service.term ?? "?"} and the record says ${record.term}`,
    );
  }
  if (view.work !== null) return verdict("working", `${view.work.action.do} is under way`);
  if (service.state === "stopping")
    return ending(view, "finish-stop", "the service's main process has ended and others are left");
  if (service.state === "primary") return acting(view, record);
  if (service.state === "standby") return promoting(view, record);
  return verdict("waiting", service.problem ?? `the service is ${service.state}`);
}

/** Rule 12: the lease has run out because the store does not answer, and enough others have promised to let this member go on. */
function withoutStore(view: View): Decision {
  if (view.guard.state === "fired")
    return ending(view, "guard-fired", "the guard has ended the service because promises ended");
  const because = `the store does not answer, and nobody can take over meanwhile: enough have promised so`;
  return verdict("go-on-by-promises", because);
}

/**
 * Nobody who holds no lease lets a primary go on; also while other work is under way. The standbys hear of
 * it at once, so that they stop receiving while the processes are being ended.
 */
function ending(
  view: View,
  rule:
    | "lease-lapsed"
    | "adopt-too-late"
    | "store-doubt"
    | "guard-fired"
    | "primary-hung"
    | "not-my-term"
    | "finish-stop"
    | "restarted-in-place",
  because: string,
): Decision {
  const { work: current } = view;
  if (current?.action.do === "stop" && current.action.how === "kill") return verdict(rule, because);
  const alarm =
    view.record?.session === view.session && view.leaseEndsAtMs > view.nowMs ? [{ effect: "alarm" } as const] : [];
  return verdict(rule, because, endForGood(because), ...alarm);
}

/** Between the promotion and the note of its term the service is primary of a term that is not known yet. */
function isBeingPromoted(view: View, record: GroupRecord): boolean {
  const action = view.work?.action;
  return action?.do === "promote" && action.term === record.term && view.service.term === null;
}

function isGuarded(view: View): boolean {
  return view.guard.state === "armed" && view.guard.untilMs > view.nowMs;
}

/** It is stopping, and so far that nothing of it can be acknowledged any more; see {@link ServiceState}. Without data there is no end to write: it may answer until it is gone. */
function hasWrittenItsEnd({ settings, service }: View): boolean {
  return settings.hasData && service.state === "stopping" && service.position !== null;
}

/**
 * Rule 11's last sentence: only when its service is confirmed to be over the holder vacates. The guard stays
 * armed for the processes that are left.
 */
function ended(view: View, record: GroupRecord): Decision {
  const how =
    isGivingUp(record.switchover?.phase) && view.service.position !== null
      ? "has stopped for the switchover"
      : "has ended";
  const because = `the service of "${view.me}" ${how}`;
  const disarm = GONE.includes(view.service.state) ? [{ effect: "disarm" } as const] : [];
  return verdict("primary-ended", because, write(vacate(record, view.service.position, because), "vacated"), ...disarm);
}

/** Rule 7: promoted only when the record, read again, still says so, and behind an armed guard. */
function promoting(view: View, record: GroupRecord): Decision {
  const { service } = view;
  if (service.forks.at(-1)?.term === record.term) {
    const because = `it was primary of term ${record.term}, or was about to be, and a restart in place is a new term`;
    return ending(view, "restarted-in-place", because);
  }
  if (!view.fresh) return verdict("waiting", "the record could not be read again");
  // What failed in an earlier life of the server says nothing about this one.
  const failure = view.failure?.do === "promote" && view.failure.atMs >= view.stateSinceMs ? view.failure : null;
  if (failure !== null && failure.times >= 3)
    return ending(view, "primary-hung", `it could not be promoted: ${failure.because}`);
  const since = failure === null ? "" : `, attempt ${failure.times + 1}`;
  const action = { do: "promote", term: record.term, forks: record.forks, rule: newestRule(record) } as const;
  return verdict(
    "promote",
    `the record still names it for term ${record.term}${since}`,
    arm(view, record),
    work(action),
  );
}
