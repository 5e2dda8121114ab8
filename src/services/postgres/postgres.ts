import type { PostgresConfig, Address, MemberConfig } from "../../config/config.ts";
import type { ServiceAction } from "../../core/service-action.ts";
import { UNSEEN, type ServiceLook } from "../../core/service-look.ts";
import type { Timing } from "../../core/timing.ts";
import { processesIn } from "../../host/processes.ts";
import type { Cancel, Clock } from "../../lib/clock.ts";
import { Bug, Failure, messageOf } from "../../lib/failure.ts";
import type { GuardTarget, ProbeResult, Progress, Service } from "../service.ts";
import { accountFor } from "./account.ts";
import { adoptData } from "./adopt.ts";
import { cloneData } from "./clone.ts";
import { Connection } from "./connection.ts";
import type { DataContext } from "./context.ts";
import { createData } from "./create.ts";
import { lookAtData, remainsOf } from "./down.ts";
import { FinalPosition } from "./final-position.ts";
import { follow } from "./follow.ts";
import { IdentityKeeper } from "./identity-keeper.ts";
import { inspect } from "./inspect.ts";
import { ownLogin, type Instance, type Place } from "./instance.ts";
import { lookAt, primaryLook, standbyLook } from "./look.ts";
import { Observer } from "./observe.ts";
import { probe } from "./probe.ts";
import { findPrograms } from "./programs.ts";
import { begin, promote } from "./promote.ts";
import { Reign } from "./reign.ts";
import { ReplayEnd } from "./replay-end.ts";
import { rewindData } from "./rewind.ts";
import { seal } from "./seal.ts";
import { REPLICATION_ROLE, type GroupSecrets } from "./secrets.ts";
import type { ServerState } from "./server-state.ts";
import { setRule } from "./set-rule.ts";
import { startServer } from "./start.ts";
import { checkpoint, endForGood, prepareStop, stopCleanly } from "./stop.ts";
import { Watch } from "./watch.ts";

/** What a member's PostgreSQL is made of. */
export interface PostgresOptions {
  readonly group: string;
  readonly config: PostgresConfig;
  readonly member: MemberConfig;
  /** All members of the group by name, this one included. */
  readonly members: Readonly<Record<string, MemberConfig>>;
  /** Where all but the data itself is kept; see `prepareMemberDirectory`. */
  readonly memberDirectory: string;
  readonly secrets: GroupSecrets;
  /** The identity of the group's data; `null` while there is none. */
  readonly expectedDataId: () => string | null;
  readonly clock: Clock;
  readonly timing: Timing;
}

/** After a promotion, once the takeover is over, the control file is brought up to date: a rewind elsewhere reads it. */
const SETTLE_AFTER_MS = 1500;

/** After a bell from another member the stream's end may show a moment later than the bell. */
const ECHOES_MS = [4, 10, 20, 40];

/** Opens the driver of one member. Rejects with a `UserError` when there are no programs, or no user to run them as. */
export async function openPostgres(options: PostgresOptions): Promise<Postgres> {
  const programs = await findPrograms(options.config.programs);
  const account = await accountFor(options.config.runAs, options.member.data);
  const { config, group, member, members, memberDirectory, secrets, clock } = options;
  const addresses: Record<string, Address> = {};
  for (const [name, { address }] of Object.entries(members)) addresses[name] = address;
  const { address, data } = member;
  const own = { member: member.member, address, data, members: addresses };
  return new Postgres({ config, group, ...own, memberDirectory, programs, account, secrets, clock }, options);
}

/** One member's PostgreSQL. */
export class Postgres implements Service {
  readonly hasData = true;
  readonly guardTarget: GuardTarget;
  readonly #place: Place;
  readonly #options: PostgresOptions;
  readonly #instance: Instance;
  readonly #watch: Watch;
  readonly #observer: Observer;
  readonly #finalPosition = new FinalPosition();
  #changed: () => void = () => undefined;
  #abort = new AbortController();
  #underWay: ServiceAction["do"] | null = null;
  #heardOffset: number | null = null;
  #isStreaming = false;
  #settling: Cancel = () => undefined;
  #isClosed = false;

  constructor(place: Place, options: PostgresOptions) {
    const { clock, timing } = options;
    this.guardTarget = { directory: place.data };
    this.#place = place;
    this.#options = options;
    this.#watch = new Watch(place, clock, timing, () => this.#ring());
    this.#observer = new Observer(
      (member) => this.#loginAt(member),
      clock,
      () => this.#ringWithEchoes(),
    );
    this.#instance = {
      place,
      clock,
      timing,
      acting: new Connection(ownLogin(place), clock, () => undefined),
      identity: new IdentityKeeper(place.data, place.account),
      replayEnd: new ReplayEnd(),
      reign: new Reign(place.memberDirectory),
    };
  }

  async look(): Promise<ServiceLook> {
    try {
      const look = await this.#look();
      this.#isStreaming = look.receiving?.streaming ?? false;
      return look;
    } catch (error) {
      if (error instanceof Bug) throw error;
      return { ...UNSEEN, problem: `Cannot look at PostgreSQL in "${this.#place.data}": ${messageOf(error)}` };
    }
  }

  async perform(action: ServiceAction, progress: Progress): Promise<void> {
    if (action.do === "stop" && action.how === "kill") {
      this.#abort.abort();
      return this.#ended(() => endForGood(this.#instance));
    }
    this.#abort = new AbortController();
    this.#underWay = action.do;
    try {
      await this.#do(action, progress);
    } finally {
      this.#underWay = null;
      this.#ring();
    }
  }

  async probe(member: string, deadlineMs: number): Promise<ProbeResult> {
    const address = this.#place.members[member];
    if (address === undefined) throw new Failure(`Cannot probe "${member}": it is no member of the group`);
    return probe({ host: address.host, port: address.port }, deadlineMs, this.#options.clock);
  }

  observe(member: string | null): void {
    this.#observer.observe(member);
  }

  onChange(then: () => void): void {
    this.#changed = then;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#settling();
    this.#observer.observe(null);
    this.#watch.close();
    this.#instance.acting.close();
  }

  async #look(): Promise<ServiceLook> {
    const isWorkOnData = this.#underWay !== null && ["create", "clone", "rewind"].includes(this.#underWay);
    if (isWorkOnData) return this.#lookAtData();
    if (!this.#watch.connection.isOpen && (await processesIn(this.#place.data)).length === 0) return this.#lookAtData();
    const answer = await this.#watch.ask();
    if (answer.kind === "state") return this.#lookAtServer(answer.state);
    const remains = await remainsOf(this.#place, answer.kind === "silent" ? null : answer.error);
    if (remains.state === "gone") return this.#lookAtData();
    const identity = await this.#instance.identity.get().catch(() => null);
    return { ...lookAt(identity), ...remains };
  }

  #lookAtData(): Promise<ServiceLook> {
    return lookAtData(this.#place, this.#options.expectedDataId(), this.#finalPosition);
  }

  async #lookAtServer(state: ServerState): Promise<ServiceLook> {
    const { identity, reign } = this.#instance;
    const known = await identity.get();
    if (state.isStandby) {
      const look = await standbyLook(this.#instance, known, state);
      this.#heardOffset = look.heardOffset ?? this.#heardOffset;
      return { ...look, heardOffset: this.#heardOffset };
    }
    if (reign.of(state.life) === null && this.#underWay !== "promote") {
      await reign.recall(state, known, this.#watch.connection);
      if (known.promoting !== null) this.#settleLater(state.life);
    }
    return primaryLook(this.#instance, known, state);
  }

  async #do(action: ServiceAction, progress: Progress): Promise<void> {
    const instance = this.#instance;
    switch (action.do) {
      case "create":
        return this.#create(progress);
      case "start":
        return this.#start();
      case "follow":
        return follow(instance, action);
      case "seal":
        return seal(instance);
      case "promote":
        await promote(instance, action);
        return this.#settleCurrent();
      case "begin":
        await begin(instance, action.term);
        return this.#settleCurrent();
      case "set-rule":
        return setRule(instance, action.rule, action.term);
      case "prepare-stop":
        return prepareStop(instance);
      case "stop":
        return this.#ended(() => stopCleanly(instance));
      case "clone":
        return this.#replace(() => cloneData(this.#context(), this.#sourceAt(action.from), action.forks, progress));
      case "rewind":
        return this.#replace(() => rewindData(this.#context(), this.#sourceAt(action.from), action.forks, progress));
    }
  }

  async #create(progress: Progress): Promise<void> {
    const { state, identity } = await inspect(this.#place, this.#options.expectedDataId());
    if (state === "present" && identity === null) await adoptData(this.#context(), progress);
    else await createData(this.#context(), progress);
    this.#instance.identity.forget();
  }

  async #start(): Promise<void> {
    const { state, problem, identity } = await inspect(this.#place, this.#options.expectedDataId());
    if (state !== "present" || identity === null)
      throw new Failure(`Cannot start PostgreSQL in "${this.#place.data}": ${problem ?? "its data is not ready"}`);
    await startServer(this.#instance);
    this.#heardOffset = null;
  }

  /** Work on the data needs a server that does not run. */
  async #replace<T>(work: () => Promise<T>): Promise<void> {
    await this.#ended(() => stopCleanly(this.#instance).catch(() => endForGood(this.#instance)));
    try {
      await work();
    } finally {
      this.#instance.identity.forget();
    }
  }

  async #ended(stop: () => Promise<void>): Promise<void> {
    this.#settling();
    try {
      await stop();
    } finally {
      this.#instance.acting.close();
      this.#ring();
    }
  }

  async #settleCurrent(): Promise<void> {
    const life = this.#instance.reign.life;
    if (life !== null) this.#settleLater(life);
  }

  /** What a promotion leaves to be done, when nobody waits for it any more. */
  #settleLater(life: string): void {
    this.#settling();
    this.#settling = this.#options.clock.after(SETTLE_AFTER_MS, () => {
      void this.#settle(life).catch(() => undefined);
    });
  }

  async #settle(life: string): Promise<void> {
    const { identity, reign } = this.#instance;
    await checkpoint(this.#instance);
    const isStillSo = this.#underWay === null && reign.of(life)?.firstOffset != null && this.#watch.connection.isOpen;
    if (isStillSo) await identity.change({ promoting: null });
  }

  #context(): DataContext {
    return { ...this.#place, signal: this.#abort.signal };
  }

  #sourceAt(member: string): { host: string; port: number; member: string } {
    const address = this.#place.members[member];
    if (address === undefined) throw new Failure(`Cannot copy from "${member}": it is no member of the group`);
    return { ...address, member };
  }

  #loginAt(member: string): ReturnType<typeof ownLogin> | null {
    const address = this.#place.members[member];
    if (address === undefined) return null;
    const password = this.#place.secrets.replication;
    return { ...address, user: REPLICATION_ROLE, password, database: "postgres" };
  }

  #ring(): void {
    if (!this.#isClosed) this.#changed();
  }

  #ringWithEchoes(): void {
    this.#ring();
    for (const ms of ECHOES_MS) this.#options.clock.after(ms, () => this.#isStreaming && this.#ring());
  }
}
