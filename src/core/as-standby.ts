import { asFounder } from "./as-founder.ts";
import { again, endForGood, verdict, work, write, type Decision, type Effect } from "./decision.ts";
import { following, wantsReinit } from "./following.ts";
import { isObserver } from "./places.ts";
import { mayPromise, PROMISE_LOOK_MS } from "./promise.ts";
import { isCountedOn, leaveSealed, newestRule, type GroupRecord } from "./record.ts";
import { retryInMs } from "./retry.ts";
import type { ServiceAction } from "./service-action.ts";
import { isLookingClosely, suspicion, wantsProbe } from "./suspicion.ts";
import { takingOver, takeoverReason } from "./taking-over.ts";
import type { View } from "./view.ts";

/** For how long a standby may not answer before it is ended and started again. */
const STANDBY_HUNG_MS = 5000;

/** The record does not name this member: it may not act as primary, and keeps itself ready. */
export function asStandby(view: View): Decision {
  const { record, service } = view;
  if (service.state === "primary") return superseded(view);
  if (view.guard.state !== "idle" && view.guard.state !== "lost" && isDown(view))
    return verdict("waiting", "it is no primary any more", { effect: "disarm" });
  if (view.work !== null) return working(view, view.work.action);
  if (service.state === "foreign") return verdict("foreign-data", service.problem ?? "the data is not this group's");
  if (view.leaving) return leaving(view);
  if (view.storeDoubt !== null) return verdict("store-doubt", view.storeDoubt);
  if (record === null) return asFounder(view);
  if (service.state === "standby") return running(view, record);
  return bringingUp(view, record);
}

/** Work goes on until it has ended; only new data that nobody will need is broken off. */
function working(view: View, action: ServiceAction): Decision {
  const because = vainReason(view, action);
  return because === null
    ? verdict("working", `${action.do} is under way`)
    : verdict("abandon", `${action.do} is broken off: ${because}`, { effect: "abandon" });
}

/** A copy takes as long as it takes, and one from a lost host hangs, while the data it would replace may be what a new primary waits for. */
function vainReason({ record, leaving }: View, action: ServiceAction): string | null {
  if (leaving && (action.do === "clone" || action.do === "create")) return "the agent was asked to stop its services";
  const primary = record?.primary ?? null;
  if (action.do !== "clone" || primary === null || primary === action.from) return null;
  return `"${primary}" is primary now, not "${action.from}"`;
}

function superseded(view: View): Decision {
  const { record, work: current } = view;
  const because = record?.primary
    ? `it runs as primary, and term ${record.term} belongs to "${record.primary}"`
    : "it runs as primary, and no term names it";
  if (current?.action.do === "stop" && current.action.how === "kill") return verdict("superseded", because);
  return verdict("superseded", because, endForGood(because));
}

function isDown(view: View): boolean {
  return ["stopped", "standby", "empty", "partial", "foreign"].includes(view.service.state);
}

function leaving(view: View): Decision {
  if (["stopped", "empty", "partial"].includes(view.service.state)) return verdict("leave", "the service has stopped");
  const how = view.failure?.do === "stop" ? "kill" : "clean";
  return verdict(
    "leave",
    "the agent was asked to stop its services",
    work({ do: "stop", how, because: "the agent was asked to stop" }),
  );
}

/** For how long a member that does not run leaves the field to the others. */
const OTHERS_FIRST_MS = 1000;

/** How long the clients of a new primary take to be back. */
const AFTER_OPEN_MS = 300;

/** A standby that answers: it takes over, or follows. */
function running(view: View, record: GroupRecord): Decision {
  const probe =
    wantsProbe(view) && record.primary !== null ? [{ effect: "probe", member: record.primary } as const] : [];
  const soon = isLookingClosely(view) ? [again(view.settings.timing.askMs)] : [];
  const decision = ruled(view, record);
  const more = [...probe, ...soon, ...promising(view, record, decision)];
  return more.length === 0 ? decision : { ...decision, effects: [...decision.effects, ...more] };
}

/** Rule 12: its word, unless this very decision leads towards a takeover. */
function promising(view: View, record: GroupRecord, { effects }: Decision): readonly Effect[] {
  const acts = effects.some(({ effect }) => effect === "write" || effect === "work");
  if (acts || !mayPromise(view, record)) return [];
  return [{ effect: "promise", term: record.term }, again(PROMISE_LOOK_MS)];
}

function ruled(view: View, record: GroupRecord): Decision {
  const reason = isObserver(view.settings, view.me) ? null : takeoverReason(view, record, suspicion(view));
  if (reason !== null) return takingOver(view, record, reason);
  return following(view, record);
}

/** The service does not run: it is started, or its data is made anew first. */
function bringingUp(view: View, record: GroupRecord): Decision {
  const { service, failure } = view;
  const waitMs = retryInMs(failure, view.nowMs);
  if (service.state === "hung") return awaitingAnswer(view);
  if (service.state === "starting" || service.state === "stopping") return comingUp(view);
  if (waitMs > 0)
    return verdict("stuck", `${failure?.do} failed: ${failure?.because} Next try in ${Math.ceil(waitMs / 1000)} s.`);
  if (isNotNeededYet(view, record))
    return verdict("waiting", "others are taking over; it starts when they have, or in a moment");
  const cloneAnew =
    service.state === "empty" || service.state === "partial" || (record.open && wantsReinit(view, record));
  if (!cloneAnew) return verdict("start", "it has data and does not run", work({ do: "start" }));
  return cloning(view, record);
}

/**
 * A member that does not run while others take over, the former primary above all, starts a moment later:
 * its recovery would only compete with their promotion and with the clients that come back. Unless writes wait for it.
 */
function isNotNeededYet({ me, nowMs, recordSinceMs }: View, record: GroupRecord): boolean {
  const forMs = nowMs - recordSinceMs;
  if (record.open) return record.last?.member !== me && !isNeeded(me, record) && forMs < AFTER_OPEN_MS;
  const othersFirst = record.primary !== null || record.last?.member === me;
  return othersFirst && !isNeeded(me, record) && forMs < OTHERS_FIRST_MS;
}

/** Whether the newest commit rule cannot be met without this member. */
function isNeeded(me: string, record: GroupRecord): boolean {
  const { need, of } = newestRule(record);
  return record.primary !== null && of.filter((copy) => copy.member !== me).length < need;
}

function awaitingAnswer(view: View): Decision {
  const forMs = view.nowMs - view.stateSinceMs;
  if (forMs < STANDBY_HUNG_MS) return verdict("waiting", "the standby does not answer");
  return verdict(
    "end-processes",
    `the standby has not answered for ${STANDBY_HUNG_MS} ms`,
    endForGood("the standby does not answer"),
  );
}

function comingUp(view: View): Decision {
  const leftovers = view.service.state === "stopping" && view.nowMs - view.stateSinceMs > view.settings.timing.hungMs;
  if (leftovers)
    return verdict("end-processes", "the main process has ended and others are left", endForGood("processes are left"));
  return verdict("waiting", view.service.problem ?? `the service is ${view.service.state}`);
}

/** Rules 5 and 10: a copy that is about to be replaced first leaves `sealed` and every commit rule. */
function cloning(view: View, record: GroupRecord): Decision {
  const { me, service } = view;
  const from = record.primary;
  if (from === null || !(record.open || view.peers[from]?.report.state === "primary"))
    return verdict("waiting", "there is no primary to copy from");
  if (record.sealed[me] !== undefined)
    return verdict(
      "unseal",
      "its data is about to be replaced",
      write(leaveSealed(record, me, `"${me}" is about to be cloned`), "unsealed"),
    );
  const counted = service.incarnation !== null && isCountedOn(record, { member: me, incarnation: service.incarnation });
  if (counted && service.state === "stopped")
    return verdict("leave-rule-first", "a commit rule still counts on its data; the primary will drop it");
  const why =
    record.reinit[me] !== undefined
      ? "an operator asked for it"
      : service.state === "partial"
        ? "an earlier copy was not finished"
        : "it has no data";
  return verdict("clone", why, work({ do: "clone", from, term: record.term, forks: record.forks }));
}
