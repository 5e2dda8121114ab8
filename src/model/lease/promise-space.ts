import { boundForMs, mayPromise, PROMISE_MS, reliedOnUntilMs, type OwnPromise } from "../../core/promise.ts";
import type { GroupRecord } from "../../core/record.ts";
import type { View } from "../../core/view.ts";
import type { Space, Step } from "../explore.ts";

/**
 * Promises in discrete time: a holds the term and its lease is over; b has long found the session expired and takes as soon as its word
 * lets it, or promises as often as it is asked. One tick is a tenth of a promise. Asks and promises travel as long as they like. Each
 * reckons by its own clock; b's gains a tick while a promise runs. Whoever ends a's service takes up to a tick.
 */
export interface PromiseState {
  /** By a's clock. */
  readonly now: number;
  /** By b's, and whether it has gained a tick since it promised. */
  readonly bNow: number;
  readonly gained: boolean;
  readonly holder: "a" | "b";
  readonly serves: boolean;
  readonly reliesUntil: number;
  /** When a sent the question that b has not answered yet; `null`: none is on its way. */
  readonly ask: number | null;
  /** The question that the word answers, and for how long it holds from when it was sent. */
  readonly word: { readonly askedAt: number; readonly forTicks: number } | null;
  readonly promise: OwnPromise | null;
  /** Whether b has sealed: then it is about to take, and gives no word. */
  readonly isSealed: boolean;
}

const TICK_MS = PROMISE_MS / 10;
const STOP_TICKS = 1;

/** What is left of the lease when the first promise is on its way. */
const LEASE_LEFT = 3;

const START: PromiseState = {
  now: 0,
  bNow: 0,
  gained: false,
  holder: "a",
  serves: true,
  reliesUntil: LEASE_LEFT,
  ask: null,
  word: { askedAt: 0, forTicks: PROMISE_MS / TICK_MS },
  promise: { term: 1, untilMs: PROMISE_MS },
  isSealed: false,
};

type Emit = (after: PromiseState, who: number, what: string, because: string) => void;

const [A, B, NOBODY] = [0, 1, -1];

/** All that can happen to the two, for as long as one likes. */
export function promiseSpace(): Space<PromiseState> {
  return {
    start: START,
    key: (state) => JSON.stringify(asOfNow(state)),
    stateOf: (key) => JSON.parse(key) as PromiseState,
    next: (state, emit) => {
      timePasses(state, emit);
      holderSteps(state, emit);
      standbySteps(state, emit);
    },
    violationOf: ({ holder, serves, isSealed }) => {
      if (serves && holder === "b") return "b has taken, and a still goes on by a promise";
      return serves && isSealed ? "b has sealed, and a still goes on by a promise" : null;
    },
  };
}

/** The same state with the present as instant 0. */
function asOfNow(state: PromiseState): PromiseState {
  const { now, bNow, ask, word, promise, reliesUntil } = state;
  const left = promise === null ? 0 : promise.untilMs / TICK_MS - bNow;
  return {
    ...state,
    now: 0,
    bNow: 0,
    gained: left > 0 && state.gained,
    reliesUntil: Math.max(reliesUntil - now, -STOP_TICKS),
    ask: ask === null ? null : Math.max(ask - now, -12),
    word: word && { ...word, askedAt: Math.max(word.askedAt - now, -12) },
    promise: left > 0 && promise !== null ? { ...promise, untilMs: left * TICK_MS } : null,
  };
}

function timePasses(state: PromiseState, emit: Emit): void {
  const { now, bNow, gained, promise, serves, reliesUntil } = state;
  const mustStop = serves && now + 1 >= reliesUntil + STOP_TICKS;
  if (!mustStop) emit({ ...state, now: now + 1, bNow: bNow + 1 }, NOBODY, "time passes", "");
  if (promise !== null && !gained)
    emit({ ...state, bNow: bNow + 1, gained: true }, B, "has a clock that gains a tick", "");
}

function holderSteps(state: PromiseState, emit: Emit): void {
  const { now, ask, word, serves, reliesUntil } = state;
  if (serves && now >= reliesUntil)
    emit({ ...state, serves: false }, A, "its service is ended", "nothing that was promised holds any more");
  if (serves && ask === null) emit({ ...state, ask: now }, A, "asks for a promise", "");
  if (word === null) return;
  const until = reliedOnUntilMs(word.askedAt * TICK_MS, word.forTicks * TICK_MS) / TICK_MS;
  // Once its service is ended nothing lets it live again.
  const relies = serves ? Math.max(reliesUntil, until) : reliesUntil;
  emit({ ...state, word: null, reliesUntil: relies }, A, "hears the promise", `it asked at ${word.askedAt}`);
}

function standbySteps(state: PromiseState, emit: Emit): void {
  const { bNow, ask, promise, holder, isSealed } = state;
  if (holder === "b") return;
  const view = viewOf(state);
  const record = recordOf(isSealed);
  if (ask !== null && mayPromise(view, record)) {
    const word = { askedAt: ask, forTicks: PROMISE_MS / TICK_MS };
    const given = { term: 1, untilMs: bNow * TICK_MS + PROMISE_MS };
    emit(
      { ...state, ask: null, word, promise: given, gained: false },
      B,
      "promises",
      `until ${given.untilMs / TICK_MS}`,
    );
  }
  if (boundForMs(view, record) === 0) {
    if (isSealed) emit({ ...state, holder: "b" }, B, "takes", "");
    else emit({ ...state, isSealed: true }, B, "seals", "");
  }
  const forgotten = { term: null, untilMs: bNow * TICK_MS + PROMISE_MS };
  if (promise !== null && !isSealed)
    emit({ ...state, promise: forgotten, gained: false }, B, "its agent begins another life", "");
}

function recordOf(isSealed: boolean): GroupRecord {
  const sealed = isSealed ? { b: { incarnation: "b1", position: { term: 1, offset: 0 } } } : {};
  return { group: "main", term: 1, primary: "a", members: ["a", "b"], sealed } as unknown as GroupRecord;
}

function viewOf({ bNow, promise }: PromiseState): View {
  const nowMs = bNow * TICK_MS;
  return {
    nowMs,
    me: "b",
    promise,
    unsettled: false,
    sent: [],
    storeDoubt: null,
    leaving: false,
    work: null,
    service: { incarnation: "b1" },
    settings: { timing: { lateMs: 0 } },
    heard: { a: { atMs: nowMs, asks: [{ group: "main", term: 1 }] } },
  } as unknown as View;
}

/** One line for each step but the passing of time. */
export function tellPromise(trace: readonly Step<PromiseState>[]): readonly string[] {
  return trace
    .filter(({ who }) => who !== NOBODY)
    .map(({ who, what, because, after }) => {
      const told = `${who === A ? "a" : "b"} ${what}${because === "" ? "" : `: ${because}`}`;
      return `tick ${String(after.now).padStart(2)}  ${told.padEnd(62)}  a relies on it until ${after.reliesUntil}`;
    });
}
