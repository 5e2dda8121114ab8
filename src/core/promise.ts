import type { CommitRule } from "./commit-rule.ts";
import type { Heard } from "./heard.ts";
import type { GroupRecord } from "./record.ts";
import type { View } from "./view.ts";

/**
 * For how long a standby promises at a time, by its own clock, from when it says so. The same for every configuration: a new life of an
 * agent waits that long, and does not know what the one before it went by.
 */
export const PROMISE_MS = 1000;

/** How often who asks and who promises looks again: a promise and its use must not wait for a regular beat each. */
export const PROMISE_LOOK_MS = 150;

/** So much earlier a primary stops relying on a promise: half of it for clocks that run apart, half for the time that it takes to end a service. */
const MARGIN_MS = PROMISE_MS / 5;

/** Which term of which group the sender holds, and wants promises for. */
export interface Ask {
  readonly group: string;
  readonly term: number;
}

/** "In this term I neither seal nor take", with whichever copy: until an instant of the clock of whoever has written it down. */
export interface Promised extends Ask {
  readonly untilMs: number;
}

/** What a member has promised itself; `term: null`: an earlier life of its agent may have, in whatever term. */
export interface OwnPromise {
  readonly term: number | null;
  readonly untilMs: number;
}

/** Until when a primary may rely on a promise that holds for `forMs` more, and answers what it sent at `askedAtMs`. */
export function reliedOnUntilMs(askedAtMs: number, forMs: number): number {
  return askedAtMs + forMs - MARGIN_MS;
}

/** For how long this member is bound by its own word not to seal or take; 0: it is free. A primary that has given the term up holds nobody to his word. */
export function boundForMs({ promise, nowMs }: View, record: GroupRecord): number {
  if (promise === null || record.primary === null) return 0;
  const counts = promise.term === null || promise.term === record.term;
  return counts ? Math.max(0, promise.untilMs - nowMs) : 0;
}

/**
 * Rule 12: whether this member gives its word. Its primary asks for it, this life of the agent has read the record in that very term, it has not sealed and is not
 * about to, no change of its own may still be on its way, and nobody was allowed to take over with a loss.
 */
export function mayPromise(view: View, record: GroupRecord): boolean {
  const { me, settings, unsettled, work, storeDoubt, nowMs } = view;
  const heard = record.primary === null ? undefined : view.heard[record.primary];
  if (heard === undefined || nowMs - heard.atMs > settings.timing.lateMs) return false;
  // It would bind this member, and not reach whom it helps.
  if (!heard.hearsUs) return false;
  if (!heard.asks.some(({ group, term }) => group === record.group && term === record.term)) return false;
  const isBusy = unsettled || storeDoubt !== null || view.leaving || work !== null || record.acceptedLoss !== null;
  return !isBusy && record.sealed[me] === undefined && record.members.includes(me);
}

/**
 * Until when promises keep everybody else from taking over; 0: they do not. In a lossless group `need` of each rule must have promised: the others are too few to
 * seal. Under a rule that waits for nobody, all other members must.
 */
export function promisedUntilMs(view: View, record: GroupRecord): number {
  const ends = record.commit.map((rule) => (rule.need === 0 ? allOthers(view, record) : enoughOf(view, record, rule)));
  return Math.min(...ends, view.nowMs + PROMISE_MS);
}

function enoughOf(view: View, record: GroupRecord, { need, of }: CommitRule): number {
  const ends = of.map(({ member }) => promiseOf(view.heard[member], record));
  return ends.toSorted((a, b) => b - a)[need - 1] ?? 0;
}

function allOthers({ heard, me }: View, record: GroupRecord): number {
  const others = record.members.filter((member) => member !== me);
  return Math.min(...others.map((member) => promiseOf(heard[member], record)));
}

function promiseOf(heard: Heard | undefined, { group, term }: GroupRecord): number {
  return heard?.promises.find((p) => p.group === group && p.term === term)?.untilMs ?? 0;
}
