import { decide } from "../core/decide.ts";
import type { Decision } from "../core/decision.ts";
import type { ServiceAction } from "../core/service-action.ts";
import { isFedBy } from "./acknowledge.ts";
import { namesFor, packForks, packRecord, packRule, type Names } from "./compact.ts";
import { AS_THEY_ARE, beginKey, endKey, put, putFlags, putRecord, putRule, putText, putWork } from "./key.ts";
import type { Bounds } from "./space.ts";
import { NONE, type Member, type Rec, type State, type Work } from "./state.ts";
import { viewsOf } from "./views.ts";

/** What a member's agent may decide to do next: a decision of the core, compact. */
export interface Choice {
  readonly rule: string;
  readonly because: string;
  readonly arm: boolean;
  readonly disarm: boolean;
  readonly work: Work | null;
  readonly write: Rec | null;
  /** What the write itself breaks; `null`: nothing. */
  readonly broken: string | null;
}

/** The decisions of one group's members. Each distinct view is decided upon once. */
export class Choices {
  readonly #bounds: Bounds;
  readonly #known = new Map<string, readonly Choice[]>();
  /** Every rule by which anybody has decided so far, also those that change nothing. */
  readonly rules = new Set<string>();

  constructor(bounds: Bounds) {
    this.#bounds = bounds;
  }

  /** All that member `me` may do; `isOver`: the holder's lease is. */
  of(state: State, me: number, isOver: boolean): readonly Choice[] {
    const key = this.#keyOf(state, me, isOver);
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const choices = this.#decideAll(state, me, isOver);
    if (this.#known.size > 1_000_000) this.#known.clear();
    this.#known.set(key, choices);
    return choices;
  }

  #decideAll(state: State, me: number, isOver: boolean): readonly Choice[] {
    const { members: count } = this.#bounds;
    const names = namesFor(me, count);
    const choices = new Map<string, Choice>();
    for (const view of viewsOf(this.#bounds, state, me, isOver)) {
      const decision = decide(view);
      this.rules.add(decision.rule);
      const choice = compactly(decision, names, count, view.record?.rev ?? 0, view.record?.term ?? 0);
      if (choice.arm || choice.disarm || choice.work !== null || choice.write !== null)
        choices.set(sameness(choice), choice);
    }
    return [...choices.values()];
  }

  /** All that the views of one member are made of. */
  #keyOf({ members, record, spent }: State, me: number, isOver: boolean): string {
    const m = members[me] as Member;
    beginKey();
    put(me | (isOver ? 8 : 0) | (m.seen === null ? 0 : 16) | (spent.stops << 5));
    putRecord(m.seen ?? record, AS_THEY_ARE.slice(0, members.length), AS_THEY_ARE);
    putFlags(m);
    put(m.log.length);
    putText(m.forks);
    put(m.from + 1);
    put(m.fromTerm);
    put(m.term);
    putRule(m.rule, AS_THEY_ARE);
    put(m.nextRule === NONE ? 0 : 1);
    put(m.ruleOffset);
    put(m.first);
    putWork(m.work, AS_THEY_ARE);
    if (m.service !== "primary") return endKey();
    for (const [i, other] of members.entries()) {
      const isConnected = isFedBy(members, i, me);
      put(isConnected ? other.fromTerm + 1 : 0);
      put(isConnected ? other.log.length : 0);
    }
    return endKey();
  }
}

function compactly(decision: Decision, names: Names, count: number, rev: number, term: number): Choice {
  let choice: Choice = {
    rule: decision.rule,
    because: decision.because,
    arm: false,
    disarm: false,
    work: null,
    write: null,
    broken: null,
  };
  for (const effect of decision.effects) {
    if (effect.effect === "arm") choice = { ...choice, arm: true };
    if (effect.effect === "disarm") choice = { ...choice, disarm: true };
    if (effect.effect === "work") choice = { ...choice, work: packAction(effect.action, names) };
    if (effect.effect === "write") {
      const grows = effect.record.rev === rev + 1 && effect.record.term >= term && effect.record.term <= term + 1;
      const broken = grows ? null : "the record's term or revision did not grow";
      choice = { ...choice, write: packRecord(effect.record, names, count), broken };
    }
  }
  return choice;
}

function packAction(action: ServiceAction, names: Names): Work {
  return {
    do: action.do === "stop" ? `stop-${action.how}` : action.do,
    from: "from" in action ? names.index(action.from) : NONE,
    term: "term" in action ? action.term : 0,
    forks: "forks" in action ? packForks(action.forks) : "",
    rule: "rule" in action ? packRule(action.rule, names) : NONE,
  };
}

/** Two choices with the same effects by the same rule are one. */
function sameness(choice: Choice): string {
  beginKey();
  put((choice.arm ? 1 : 0) | (choice.disarm ? 2 : 0));
  putWork(choice.work, AS_THEY_ARE);
  if (choice.write !== null) putRecord(choice.write, AS_THEY_ARE.slice(0, choice.write.sealed.length), AS_THEY_ARE);
  return choice.rule + endKey();
}
