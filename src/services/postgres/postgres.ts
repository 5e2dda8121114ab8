import type { PostgresConfig, Address, MemberConfig } from "../../config/config.ts";
import type { ServiceAction } from "../../core/service-action.ts";
import { UNSEEN, type ServiceLook } from "../../core/service-look.ts";
import type { Timing } from "../../core/timing.ts";
import type { Credentials } from "../../credentials/credentials.ts";
import { prepareHost } from "../../host/host-names.ts";
import { Prompted } from "../../host/priority.ts";
import { processesIn } from "../../host/processes.ts";
import type { Clock } from "../../lib/clock.ts";
import { Bug, Failure, messageOf, UserError } from "../../lib/failure.ts";
import type { GuardTarget, ProbeResult, Progress, Service } from "../service.ts";
import { accountFor } from "./account.ts";
import { act } from "./actions.ts";
import { Connection } from "./connection.ts";
import { DiskRoom } from "./disk-room.ts";
import { lookAtData, lookAtStop, remainsOf } from "./down.ts";
import { refreshEncryption } from "./encryption.ts";
import { refreshHba } from "./hba.ts";
import { IdentityKeeper } from "./identity-keeper.ts";
import { ownLogin, type Instance, type Place } from "./instance.ts";
import { lookAt, primaryLook, standbyLook } from "./look.ts";
import { Observer } from "./observe.ts";
import { serverLog } from "./member-directory.ts";
import { probe } from "./probe.ts";
import { findPrograms, majorOf } from "./programs.ts";
import { Reign } from "./reign.ts";
import { ReplayEnd } from "./replay-end.ts";
import { REPLICATION_ROLE, type GroupSecrets } from "./secrets.ts";
import type { ServerState } from "./server-state.ts";
import { BoundedOutput } from "../../host/bounded-output.ts";
import { Settling } from "./settling.ts";
import { disconnect } from "./severed.ts";
import { StillFollowers } from "./still-followers.ts";
import { endForGood } from "./stop.ts";
import { warm, WARM_AFTER_MS } from "./warm.ts";
import { Watch, type Answer } from "./watch.ts";

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
  /** For encrypted connections between the members; `null`: those are not encrypted. */
  readonly tls: Credentials | null;
  /** The identity of the group's data; `null` while there is none. */
  readonly expectedDataId: () => string | null;
  readonly clock: Clock;
  readonly timing: Timing;
}

/** Work that is under way. */
interface Work {
  readonly action: ServiceAction;
  readonly abort: AbortController;
  /** Resolves once it has ended, well or not. */
  readonly ended: Promise<void>;
}

/** Actions during which the server ends. */
const ENDING: readonly ServiceAction["do"][] = ["stop", "clone", "rewind"];

/** Actions that make new data: they take as long as it takes, and begin again from nothing when they are broken off. */
const MAKING: readonly ServiceAction["do"][] = ["create", "clone"];

/** Actions that the server brings to their end without us. */
const WITHOUT_US: readonly ServiceAction["do"][] = ["stop", "prepare-stop"];

/** How long work that was ended may take to tidy up. */
const GIVE_UP_MS = 5000;

/** After a seal: by then a takeover has promoted it, or has given it somebody to follow. */
const DISCONNECT_AFTER_MS = 400;

/** After a bell from another member the stream's end may show a moment later than the bell. */
const ECHOES_MS = [4, 10, 20, 40];

/** Sessions of a server whose main process has ended answer a little longer; they say nothing any more. */
const ENDED: Answer = { kind: "error", error: new Failure("its main process has ended") };

/** Opens the driver of one member. Rejects with a `UserError` when there are no programs, or no user to run them as. */
export async function openPostgres(options: PostgresOptions): Promise<Postgres> {
  const programs = await findPrograms(options.config.programs, await majorOf(options.member.data));
  const account = await accountFor(options.config.runAs, options.member.data);
  const { config, group, member, members, memberDirectory, secrets, tls, clock } = options;
  const addresses: Record<string, Address> = {};
  for (const [name, { address }] of Object.entries(members)) addresses[name] = address;
  for (const { host } of Object.values(addresses)) prepareHost(host);
  const { address, data, delayMs } = member;
  const own = { member: member.member, address, data, delayMs, members: addresses };
  const place = { config, group, ...own, memberDirectory, programs, account, secrets, tls, clock };
  await refreshHba(place);
  await refreshEncryption(place);
  return new Postgres(place, options);
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
  readonly #settling: Settling;
  readonly #room: DiskRoom;
  readonly #prompted = new Prompted();
  readonly #log: BoundedOutput;
  #changed: () => void = () => undefined;
  #work: Work | null = null;
  #heardOffset: number | null = null;
  #isStreaming = false;
  #isClosed = false;

  constructor(place: Place, options: PostgresOptions) {
    const { clock, timing } = options;
    this.guardTarget = { directory: place.data };
    this.#place = place;
    this.#options = options;
    this.#log = new BoundedOutput(serverLog(place.memberDirectory), clock);
    this.#room = new DiskRoom(place.data, place.memberDirectory, clock);
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
      reign: new Reign(place.memberDirectory, place.data),
      still: new StillFollowers(),
      server: { hasEnded: false, isEndNews: false },
      severed: { life: "" },
      ring: () => this.#ring(),
    };
    this.#settling = new Settling(this.#instance);
  }

  async look(): Promise<ServiceLook> {
    try {
      const look = await this.#look();
      this.#isStreaming = look.receiving?.streaming ?? false;
      void this.#log.look();
      return { ...look, problem: both(look.problem, this.#room.problem) };
    } catch (error) {
      if (error instanceof Bug) throw error;
      return { ...UNSEEN, problem: `Cannot look at PostgreSQL in "${this.#place.data}": ${messageOf(error)}` };
    }
  }

  async perform(action: ServiceAction, progress: Progress): Promise<void> {
    if (action.do === "stop" && action.how === "kill") await this.#giveUpWork();
    const abort = new AbortController();
    const { expectedDataId } = this.#options;
    if (ENDING.includes(action.do)) this.#settling.cancel();
    const options = { expectedDataId: expectedDataId(), signal: abort.signal, progress };
    const done = act(this.#instance, action, options).catch(async (error: unknown) => {
      throw explained(action, error, await this.#room.look());
    });
    const work: Work = { action, abort, ended: done.catch(() => undefined) };
    this.#work = work;
    await done.finally(() => {
      this.#instance.server.isEndNews = false;
      this.#workEnded(work);
    });
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

  abandon(): void {
    if (this.#work !== null && MAKING.includes(this.#work.action.do)) this.#work.abort.abort();
  }

  /** Ends what is under way with all its programs: the next life of the agent begins it again. The server goes on. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#settling.cancel();
    const work = this.#work;
    work?.abort.abort();
    if (work !== null && !WITHOUT_US.includes(work.action.do)) await this.#endOf(work);
    this.#observer.observe(null);
    this.#watch.close();
    this.#instance.acting.close();
  }

  #workEnded(work: Work): void {
    if (this.#work === work) this.#work = null;
    if (work.action.do === "follow")
      this.#options.clock.after(WARM_AFTER_MS, () => this.#isClosed || void warm(this.#instance));
    if (ENDING.includes(work.action.do)) {
      this.#instance.acting.close();
      this.#heardOffset = null;
    }
    if (work.action.do === "seal") this.#options.clock.after(DISCONNECT_AFTER_MS, () => void this.#disconnect());
    this.#ring();
  }

  /** A failure costs only that the server goes on trying in vain. */
  async #disconnect(): Promise<void> {
    if (this.#isClosed || this.#work !== null || !this.#instance.acting.isOpen) return;
    await disconnect(this.#instance).catch(() => undefined);
  }

  /** Ends what is under way, and waits until it has said so, so that nothing of it comes afterwards. */
  async #giveUpWork(): Promise<void> {
    const work = this.#work;
    if (work === null) return;
    work.abort.abort();
    await endForGood(this.#instance);
    await this.#endOf(work);
  }

  /** Resolves once work that was told to end has done so, or should have long ago. */
  async #endOf(work: Work): Promise<void> {
    let stopWaiting = (): void => undefined;
    const late = new Promise<void>((resolve) => (stopWaiting = this.#options.clock.after(GIVE_UP_MS, resolve)));
    await Promise.race([work.ended, late]);
    stopWaiting();
  }

  async #look(): Promise<ServiceLook> {
    if (this.#isStoppingCleanly) return this.#lookAtStop();
    if (this.#instance.server.isEndNews) return this.#lookAtEnd();
    if (this.#work !== null && ["create", "clone", "rewind"].includes(this.#work.action.do)) return this.#lookAtData();
    if (!this.#watch.connection.isOpen && (await processesIn(this.#place.data)).length === 0) return this.#lookAtData();
    const answer = this.#instance.server.hasEnded ? ENDED : await this.#watch.ask();
    if (answer.kind === "state") return this.#lookAtServer(answer.state);
    const remains = await remainsOf(this.#place, answer.kind === "silent" ? null : answer.error);
    if (remains.state === "gone") return this.#lookAtData();
    const identity = await this.#instance.identity.get().catch(() => null);
    return { ...lookAt(identity), ...remains };
  }

  get #isStoppingCleanly(): boolean {
    const action = this.#work?.action;
    return action?.do === "stop" && action.how === "clean";
  }

  async #lookAtStop(): Promise<ServiceLook> {
    const { place, identity } = this.#instance;
    if ((await processesIn(place.data)).length === 0) return this.#lookAtData();
    return lookAtStop(place, await identity.get().catch(() => null));
  }

  /** The news comes first; what is left of the server takes longer to find out. */
  async #lookAtEnd(): Promise<ServiceLook> {
    this.#instance.server.isEndNews = false;
    const identity = await this.#instance.identity.get().catch(() => null);
    return { ...lookAt(identity), state: "stopping", problem: "its main process has ended" };
  }

  #lookAtData(): Promise<ServiceLook> {
    return lookAtData(this.#place, this.#options.expectedDataId());
  }

  async #lookAtServer(state: ServerState): Promise<ServiceLook> {
    const { identity, reign } = this.#instance;
    const known = await identity.get();
    this.#prompted.these(state.urgentPids);
    if (state.isStandby) {
      const look = await standbyLook(this.#instance, known, state);
      this.#heardOffset = look.heardOffset ?? this.#heardOffset;
      return { ...look, heardOffset: this.#heardOffset };
    }
    if (reign.of(state.life) === null && this.#work?.action.do !== "promote")
      await reign.recall(state, known, this.#watch.connection);
    if (known.promoting !== null && reign.of(state.life)?.firstOffset != null) this.#settling.soon(state.life);
    return primaryLook(this.#instance, known, state);
  }

  #loginAt(member: string): ReturnType<typeof ownLogin> | null {
    const address = this.#place.members[member];
    if (address === undefined) return null;
    const password = this.#place.secrets.replication;
    return { ...address, user: REPLICATION_ROLE, password, database: "postgres", tls: this.#place.tls };
  }

  #ring(): void {
    if (!this.#isClosed) this.#changed();
  }

  #ringWithEchoes(): void {
    this.#ring();
    for (const ms of ECHOES_MS) this.#options.clock.after(ms, () => this.#isStreaming && this.#ring());
  }
}

/** What went wrong in an action, in a form that the port promises; with `room`, what is wrong with its disk. */
function explained(action: ServiceAction, error: unknown, room: string | null): Error {
  if (error instanceof Bug || error instanceof UserError) return error;
  const text = error instanceof Failure ? error.message : `PostgreSQL could not ${action.do}: ${messageOf(error)}`;
  return new Failure(/make room/i.test(text) ? text : (both(text, room) ?? text));
}

function both(one: string | null, other: string | null): string | null {
  return one === null || other === null ? (one ?? other) : `${one} ${other}`;
}
