import type { Alarm } from "../core/alarm.ts";
import { decide, whileWriting } from "../core/decide.ts";
import type { Decision, Effect } from "../core/decision.ts";
import { keys } from "../core/keys.ts";
import { withoutLost } from "../core/lost-followers.ts";
import { afterLook, afterRead, NOTHING_OBSERVED, type Observation } from "../core/observation.ts";
import { UNSEEN, type ServiceLook } from "../core/service-look.ts";
import { isGivingUp, type GroupRecord } from "../core/record.ts";
import { PROMISE_MS, type OwnPromise } from "../core/promise.ts";
import { majorityOf, sightsOf } from "../core/observers.ts";
import type { CheckNote, Health, MemberReport, Sight } from "../core/session.ts";
import { strangersIn } from "../core/strangers.ts";
import { questionsAtATime } from "../core/suspicion.ts";
import type { Settings, View, WorkFailure, WorkView } from "../core/view.ts";
import type { Admitted, Guard } from "../guards/guard.ts";
import type { Heartbeats } from "../heartbeats/heartbeats.ts";
import type { Clock } from "../lib/clock.ts";
import { Failure, messageOf, UnknownOutcome } from "../lib/failure.ts";
import type { Service } from "../services/service.ts";
import type { Store } from "../store/store.ts";
import { Beat } from "./beat.ts";
import type { EventLog } from "./event-log.ts";
import type { DecisionLog } from "./journal.ts";
import { Questions } from "./questions.ts";
import { RecordReader } from "./record-reader.ts";
import { reportOf } from "./report.ts";
import type { Seen } from "./seen.ts";
import { SentChanges } from "./sent-changes.ts";
import type { SessionKeeper } from "./session-keeper.ts";
import { Story } from "./story.ts";
import { VainSeals } from "./vain-seals.ts";
import { whilePending } from "./while-pending.ts";
import { Workbench } from "./work-bench.ts";

/** Bells that are not urgent are gathered for so long: each beat costs what a takeover elsewhere on this host could use. */
const GATHER_MS = 25;

/** A beat waits no longer than that for the store; it then goes by what it knew. */
const PATIENCE_MS = 150;

/** And so long when the store keeps the session waiting, too: what is left of the lease is needed. */
const OVERDUE_PATIENCE_MS = 20;

/** While a change of the record takes longer than that, the guard's end is looked after as often. */
const CHANGE_LOOK_MS = 50;

/** As often is a decision made anew within a beat because somebody else changed the record first. */
const LOST_RACES = 3;

/** How a decision ended: `lost` asks for another one. */
type Outcome = "ended" | "lost";

/** What one member's loop is put together from. */
export interface GroupParts {
  readonly me: string;
  readonly settings: Settings;
  readonly store: Store;
  readonly storeId: string;
  readonly service: Service;
  readonly guard: Guard;
  readonly session: SessionKeeper;
  /** `null`: none are configured; then sessions and the service's own connections must tell. */
  readonly heartbeats: Heartbeats | null;
  readonly seen: Seen;
  readonly journal: DecisionLog;
  readonly events: EventLog;
  readonly clock: Clock;
  /** What the checks of this member say. */
  readonly health: () => Health;
  /** What they see, for people; `null`: nothing to tell. */
  readonly checkNote: () => CheckNote | null;
  /** Asks the primary from here, where all agents judge it together; `null`: its own one does so alone. */
  readonly observer: { sees(record: GroupRecord | null): Sight | undefined } | null;
  /** Something that the status shows may have changed. */
  readonly changed: () => void;
  /** A broken invariant: the agent must end, and the guard shuts the door. */
  readonly broken: (error: unknown) => void;
}

/** One member's agent: it looks, decides and acts, on every event and regularly. */
export class GroupAgent {
  readonly #parts: GroupParts;
  readonly #beat: Beat;
  readonly #reader: RecordReader;
  readonly #bench: Workbench;
  readonly #questions: Questions;
  readonly #story: Story;
  readonly #vain: VainSeals;
  readonly #unwatch: readonly (() => void)[];
  readonly #sent = new SentChanges();
  #observed: Observation = NOTHING_OBSERVED;
  #decision: Decision = { rule: "waiting", because: "it has not looked yet", effects: [] };
  #doubt: string | null = null;
  #strangers: string | null = null;
  #memoryProblem: string | null = null;
  #leaving = false;
  #alarmedTerm = 0;
  #promise: OwnPromise | null;

  constructor(parts: GroupParts) {
    this.#parts = parts;
    const { settings, store, clock, service, guard } = parts;
    // What an earlier life of this agent may have promised counts for this one too, also if this one has no heartbeats any more.
    this.#promise = { term: null, untilMs: clock.nowMs() + PROMISE_MS };
    this.#beat = new Beat(clock, settings.timing.beatMs, () => this.#run(), parts.broken);
    this.#reader = new RecordReader(
      store,
      clock,
      settings.group,
      settings.members.map((m) => m.member),
    );
    this.#bench = new Workbench(service, clock, (work, failure) => this.#workEnded(work, failure));
    this.#questions = new Questions(service, clock, settings.timing, () => this.ring());
    this.#story = new Story(parts.events, parts.me);
    this.#vain = new VainSeals(clock);
    this.#unwatch = [keys.group, keys.alarm].map((key) => store.watch(key(settings.group), () => this.ring()));
    service.onChange(() => this.#heard());
    guard.onChange(() => this.ring());
  }

  /** Begins to beat. */
  start(): void {
    this.#beat.start();
  }

  /** Something happened: a beat starts at once, or in a moment. */
  ring(): void {
    if (this.#mayGather()) this.#beat.ringIn(GATHER_MS);
    else this.#beat.ring();
  }

  /** The end of work rings by itself, and a member that does not run is needed by nobody at once. */
  #mayGather(): boolean {
    const { current } = this.#bench;
    if (current !== null) return current.action.do !== "stop" || current.action.how === "kill";
    return !this.isHolder && this.#observed.service?.state === "stopped";
  }

  /** Something about our service or the primary's connection changed: the question to an open primary goes out with the look. */
  #heard(): void {
    const primary = this.#toObserve();
    const { open, switchover } = this.#observed.record ?? {};
    if (primary !== null && open && !isGivingUp(switchover?.phase) && this.#bench.current === null)
      this.#questions.ask(primary, 1);
    this.ring();
  }

  get observed(): Observation {
    return this.#observed;
  }

  get decision(): Decision {
    return this.#decision;
  }

  get storeProblem(): string | null {
    return this.#doubt ?? this.#strangers ?? this.#memoryProblem ?? this.#reader.problem;
  }

  /** Why `record`, as the store shows it to an operator, cannot be believed; `null`: it can. */
  doubtOf(record: GroupRecord): string | null {
    return (this.#doubt ??= this.#parts.seen.doubt(this.#parts.storeId, record)) ?? strangersIn(record, this.settings);
  }

  get settings(): Settings {
    return this.#parts.settings;
  }

  /** Whether the record, as last read, names this node: then its renewals must cover it. */
  get isHolder(): boolean {
    return this.#observed.record?.primary === this.#parts.me;
  }

  /** What the session tells the others. */
  report(): MemberReport {
    const { guard, settings, health, checkNote, observer } = this.#parts;
    const stuck =
      this.#decision.rule === "stuck" || this.#decision.rule === "store-doubt" ? this.#decision.because : null;
    const problem = stuck ?? this.#memoryProblem ?? this.#parts.journal.problem;
    return reportOf(
      this.#observed,
      this.#bench.progress,
      problem,
      health(),
      `${guard.kind} ${guard.state(settings.group).state}`,
      checkNote(),
      observer?.sees(this.#observed.record),
    );
  }

  /** Stops the service and gives the term up; resolves when that is done, or after `withinMs`. */
  async leave(withinMs: number): Promise<boolean> {
    this.#leaving = true;
    const { clock } = this.#parts;
    const endAtMs = clock.nowMs() + withinMs;
    while (!this.#hasLeft() && clock.nowMs() < endAtMs) {
      this.ring();
      await new Promise<void>((resolve) => clock.after(20, resolve));
    }
    return this.#hasLeft();
  }

  #hasLeft(): boolean {
    const state = this.#observed.service?.state ?? "stopped";
    return !this.isHolder && this.#bench.current === null && ["stopped", "empty", "partial", "foreign"].includes(state);
  }

  async close(): Promise<void> {
    for (const stop of this.#unwatch) stop();
    await this.#beat.stop();
  }

  async #run(): Promise<void> {
    const { service } = this.#parts;
    const { changes } = this.#bench;
    const [read, look] = await Promise.all([this.#read(), service.look()]);
    let outcome = await this.#decideBy(look, read, changes);
    // Somebody else's change came first: what was seen of the service is still as new as a read that took a moment longer.
    for (let i = 0; outcome === "lost" && i < LOST_RACES; i++)
      outcome = (await this.#readsNewer()) ? await this.#decideBy(look, true, changes) : "ended";
    if (outcome === "lost") this.ring();
    service.observe(this.#toObserve());
  }

  async #decideBy(look: ServiceLook, read: boolean, changes: number): Promise<Outcome> {
    const { clock } = this.#parts;
    // Work that ended meanwhile has rung: a look from before it would be judged as if it came after it.
    if (this.#bench.changes !== changes) return "ended";
    const nowMs = clock.nowMs();
    const seen = withoutLost(look, this.#observed.service, this.#heardOf, this.settings.timing);
    this.#observed = afterLook(this.#observed, seen, nowMs);
    const view = this.#view(seen, nowMs, read);
    const decision = decide(view);
    const before = this.#decision;
    this.#decision = decision;
    this.#vain.observe(view);
    if (changesSomething(decision)) this.#parts.journal.note(view, decision, new Date(clock.wallMs()).toISOString());
    this.#story.decided(view, decision, before);
    const outcome = await this.#act(decision, view);
    if (decision.rule !== before.rule) this.#parts.changed();
    return outcome;
  }

  get #heardOf(): View["heard"] {
    return this.#parts.heartbeats?.heard ?? {};
  }

  /** Whose service to keep a bell on: the primary's, unless that is ours. */
  #toObserve(): string | null {
    const primary = this.#observed.record?.primary ?? null;
    return primary === this.#parts.me ? null : primary;
  }

  /** Reads the record; what is newer than ever seen is on disk before anything is done about it. */
  async #read(): Promise<boolean> {
    const { me, settings, seen, storeId } = this.#parts;
    const read = await this.#reader.read(this.#parts.session.isOverdue ? OVERDUE_PATIENCE_MS : PATIENCE_MS);
    if (read === null) return false;
    // A doubt stays for this life: what a store that went back shows catches up, change by change, with what it had shown.
    this.#doubt ??= seen.doubt(storeId, read.record);
    this.#strangers = strangersIn(read.record, settings);
    if (this.#doubt === null && this.#strangers === null && read.record !== null) {
      this.#memoryProblem = await seen.note(storeId, read.record).then(() => null, messageOf);
      if (this.#memoryProblem !== null) return false;
    }
    this.#observed = afterRead(this.#observed, read, me, settings.timing);
    this.#sent.read(this.#observed.record);
    return true;
  }

  /** Reads again after a lost race. `false`: that brought nothing newer, and the same change would be lost again until something rings. */
  async #readsNewer(): Promise<boolean> {
    const { revision, holder } = this.#observed;
    if (!(await this.#read())) return false;
    return this.#observed.revision !== revision || this.#observed.holder?.revision !== holder?.revision;
  }

  #view(look: ServiceLook, nowMs: number, fresh: boolean): View {
    const { me, session, settings, guard } = this.#parts;
    const observed = this.#observed;
    return {
      nowMs,
      me,
      session: session.id,
      leaseEndsAtMs: session.endsAtMs,
      settings,
      record: observed.record,
      fresh,
      recordSinceMs: observed.recordSinceMs,
      // A holder goes on: what it has written in its own term takes back nothing of what it does by the record before.
      unsettled: this.#sent.isUnsettled || (this.#sent.isOutdated && !this.isHolder),
      sent: this.#sent.records,
      storeDoubt: this.#doubt ?? this.#strangers,
      holder: observed.holder,
      peers: observed.peers,
      heard: this.#heardOf,
      promise: this.#promise,
      alarm: observed.alarm,
      probe: this.#questions.last,
      service: look,
      stateSinceMs: observed.stateSinceMs,
      streamDownSinceMs: observed.streamDownSinceMs,
      streamMovedAtMs: observed.streamMovedAtMs,
      absentSinceMs: observed.absentSinceMs,
      work: this.#bench.current,
      done: this.#bench.done,
      failure: this.#bench.failure,
      guard: guard.state(settings.group),
      health: this.#health(nowMs),
      sealsInVain: this.#vain.lately(),
      leaving: this.#leaving,
    };
  }

  /** The primary is judged by all together, where that is wished. */
  #health(nowMs: number): Health {
    const { health, observer, settings } = this.#parts;
    const { record } = this.#observed;
    if (observer === null || record === null || !this.isHolder) return health();
    return majorityOf(health(), sightsOf(this.#observed, record, nowMs, settings.timing.leaseMs));
  }

  /** Does the effects in their order; the first that does not succeed ends the beat. */
  async #act(decision: Decision, view: View): Promise<Outcome> {
    this.#parts.guard.admit(view.settings.group, admittedBy(view.record, view));
    const ask = decision.effects.find((effect) => effect.effect === "ask-promises");
    this.#parts.heartbeats?.ask(view.settings.group, ask?.term ?? null);
    for (const effect of decision.effects) {
      const outcome = await this.#do(effect, decision, view);
      if (outcome !== true) return outcome === "lost" ? "lost" : "ended";
    }
    return "ended";
  }

  /** `false`: the outside world failed. `lost`: the record was changed by somebody else first. */
  async #do(effect: Effect, decision: Decision, view: View): Promise<boolean | "lost"> {
    switch (effect.effect) {
      case "write":
        return this.#write(effect, decision, view);
      case "work":
        this.#bench.start(effect.action);
        return true;
      case "abandon":
        this.#bench.abandon();
        return true;
      case "arm":
        return this.#arm(effect.untilMs);
      case "disarm":
        return this.#parts.guard.disarm(view.settings.group).then(
          () => true,
          (error: unknown) => this.#survive(error),
        );
      case "ask-promises":
        return true;
      case "promise":
        this.#give(effect);
        return true;
      case "alarm":
        void this.#callOut(decision, view);
        return true;
      case "again":
        this.#beat.ringIn(effect.inMs);
        return true;
      case "probe":
        this.#questions.ask(effect.member, questionsAtATime(view));
        return true;
    }
  }

  /** Compare-and-set of the record as read; an unknown outcome is remembered until another change has won. */
  async #write(effect: Effect & { effect: "write" }, decision: Decision, view: View): Promise<boolean | "lost"> {
    const { store, settings, clock } = this.#parts;
    const key = keys.group(settings.group);
    const expect = [{ key, revision: this.#observed.revision }];
    const holder = view.record?.primary;
    if (effect.andHolder && holder != null && view.holder !== null && view.holder.revision >= 0) {
      expect.push({ key: keys.session(holder), revision: view.holder.revision });
    }
    this.#sent.send(this.#observed.record, effect.record);
    try {
      const change = store.transact({ expect, write: [{ key, value: JSON.stringify(effect.record) }] });
      const { applied } = await whilePending(change, clock, CHANGE_LOOK_MS, () => this.#keepTime());
      if (!applied) {
        this.#sent.withdraw(effect.record);
        return "lost";
      }
      this.#sent.won();
      this.#parts.guard.admit(settings.group, admittedBy(effect.record, view));
      this.#story.written(effect, decision, view);
      this.ring();
      return true;
    } catch (error) {
      if (error instanceof UnknownOutcome) this.#sent.lostAnswer();
      if (error instanceof Failure) this.#sent.withdraw(effect.record);
      return this.#survive(error);
    }
  }

  /** Nothing else is done while a change is on its way. */
  async #keepTime(): Promise<void> {
    const { clock, heartbeats, settings } = this.#parts;
    const view = this.#view(this.#observed.service ?? UNSEEN, clock.nowMs(), false);
    for (const effect of whileWriting(view)) {
      if (effect.effect === "ask-promises") heartbeats?.ask(settings.group, effect.term);
      if (effect.effect === "arm") await this.#arm(effect.untilMs);
    }
  }

  /** Tells the other members that our service is failing; once a term. Lost is no harm. */
  async #callOut(decision: Decision, view: View): Promise<void> {
    const term = view.record?.term ?? 0;
    if (this.#alarmedTerm === term) return;
    this.#alarmedTerm = term;
    const { store, settings } = this.#parts;
    const alarm: Alarm = { term, session: view.session, because: decision.because };
    const write = [{ key: keys.alarm(settings.group), value: JSON.stringify(alarm) }];
    await store.transact({ expect: [], write }).catch((error: unknown) => this.#survive(error));
  }

  /** Nothing was waited for since this was decided, so no change of ours has been sent meanwhile. */
  #give({ term }: Effect & { effect: "promise" }): void {
    const { heartbeats, clock, settings } = this.#parts;
    const untilMs = clock.nowMs() + PROMISE_MS;
    this.#promise = { term, untilMs };
    heartbeats?.promise({ group: settings.group, term, untilMs });
  }

  /** By the lease that was decided upon: a session begun since then is not the one that the record names. */
  async #arm(untilMs: number): Promise<boolean> {
    const { guard, service, settings } = this.#parts;
    return guard.arm(settings.group, untilMs, service.guardTarget).then(
      () => true,
      (error: unknown) => this.#survive(error),
    );
  }

  #workEnded(work: WorkView, failure: WorkFailure | null): void {
    const view = this.#view(this.#observed.service ?? UNSEEN, this.#parts.clock.nowMs(), false);
    this.#story.worked(view, work, failure, this.#decision.rule);
    this.ring();
  }

  /** The outside world failed; the next beat looks again. */
  #survive(error: unknown): false {
    if (error instanceof Failure || error instanceof UnknownOutcome) return false;
    throw error;
  }
}

/**
 * Rule 2's two doors: clients come in only while the record names this member and its term is open. Under which session makes no
 * difference: until when either door stands open is the guard's own affair, also while promises stand in for a session.
 */
function admittedBy(record: GroupRecord | null, { me }: View): Admitted {
  return record !== null && record.open && record.primary === me ? "everybody" : "members";
}

/** Whether a decision is worth a line in the journal. Renewals of the guard and questions are not. */
function changesSomething(decision: Decision): boolean {
  return decision.effects.some((effect) => effect.effect === "write" || effect.effect === "work");
}
