import { positionAt } from "../core/position.ts";
import type { ServiceAction } from "../core/service-action.ts";
import { UNSEEN, type Follower, type ServiceLook } from "../core/service-look.ts";
import { Failure } from "../lib/failure.ts";
import type { GuardTarget, ProbeResult, Progress, Service } from "../services/service.ts";
import { Actions, type Acts } from "./actions.ts";
import type { Process } from "./host.ts";
import type { Server } from "./server.ts";
import { withLateForks } from "../services/postgres/late-forks.ts";
import { ENTRY_BYTES, type Disk } from "./wal.ts";
import { ActionsWithoutData, lookBase, lookWithoutData } from "./without-data.ts";
import type { World } from "./world.ts";

/** A server that has not answered a look by then hangs, as the driver has it. */
const HUNG_MS = 300;

/** One agent's driver of the pretended service on its host, PostgreSQL or one without data: it has the agent's life, the server has its own. */
export class SimService implements Service {
  readonly hasData: boolean;
  readonly guardTarget: GuardTarget;
  readonly #world: World;
  readonly #server: Server;
  readonly #process: Process;
  readonly #actions: Acts;
  /** Of a service without data. */
  readonly #bare: ActionsWithoutData | null;
  readonly #bells: (() => void)[] = [];
  /** What it was asked for last and is not done with. */
  work: ServiceAction | null = null;
  /** Grows when work begins or ends. */
  changes = 0;
  /** When the last look began, and how many changes there had been by then. */
  lastLook = { beganAtMs: 0, workThen: 0 };
  #isSilent = false;
  observed: string | null = null;

  constructor(world: World, server: Server, process: Process) {
    this.#world = world;
    this.#server = server;
    this.#process = process;
    this.hasData = world.settings.hasData;
    this.#bare = this.hasData ? null : new ActionsWithoutData(world, server, process);
    this.#actions = this.#bare ?? new Actions(world, server, process);
    this.guardTarget = { directory: server.member };
  }

  async look(): Promise<ServiceLook> {
    this.lastLook = { beganAtMs: this.#process.clock.nowMs(), workThen: this.changes };
    await this.#pause(0.1, 0.6);
    if (this.#bare !== null) return this.#lookWithoutData(this.#bare);
    const { disk, process } = this.#server;
    if (["create", "clone", "rewind"].includes(this.work?.do ?? "") || process === null) return this.#lookAtDisk();
    if (!(await this.#answers())) return { ...this.#base(), state: "hung", problem: "it does not answer" };
    switch (this.#server.role) {
      case "down":
        return this.#lookAtDisk();
      case "recovering":
        return { ...this.#base(), state: "starting" };
      case "stopping":
        return { ...this.#base(), state: "stopping", position: disk.isClean ? this.#position() : null };
      case "standby":
        return this.#lookAtStandby();
      case "primary":
        return this.#lookAtPrimary();
    }
  }

  async perform(action: ServiceAction, _progress: Progress): Promise<void> {
    if (action.do === "stop" && action.how === "kill") this.#actions.giveUp();
    else if (this.work !== null) this.#world.broke(new Error(`"${action.do}" is asked for during "${this.work.do}"`));
    this.work = action;
    this.changes++;
    try {
      await this.#actions.do(action);
    } finally {
      if (this.work === action) {
        this.work = null;
        this.changes++;
      }
      this.ring();
    }
  }

  abandon(): void {
    if (this.work?.do === "create" || this.work?.do === "clone") this.#actions.giveUp();
  }

  probe(member: string, deadlineMs: number): Promise<ProbeResult> {
    const there = this.#world.server(member);
    if (there === undefined) throw new Failure(`"${member}" is no member`);
    const [here, far] = [this.#process.host.name, there.host.name];
    const { network } = this.#world;
    return new Promise((resolve) => {
      const cancel = this.#process.clock.after(deadlineMs, () => resolve("silent"));
      const answer = (result: ProbeResult): void =>
        network.send(far, here, () =>
          this.#process.enter(() => {
            cancel();
            resolve(result);
          }),
        );
      network.send(here, far, () => {
        if (!there.host.isUp) return;
        if (there.process === null) answer("refused");
        else there.process.enter(() => answer("answered"));
      });
    });
  }

  observe(member: string | null): void {
    this.observed = member;
  }

  onChange(then: () => void): void {
    this.#bells.push(then);
  }

  /** Something changed here, or there where it observes. */
  ring(): void {
    this.#process.enter(() => this.#bells.forEach((bell) => bell()));
  }

  async close(): Promise<void> {}

  /** Whether the server answers before it counts as hung; once it is silent a look costs no more time. */
  #answers(): Promise<boolean> {
    const { process } = this.#server;
    if (process === null) return Promise.resolve(true);
    return new Promise((resolve) => {
      const cancel = this.#process.clock.after(this.#isSilent ? 1 : HUNG_MS, () => {
        this.#isSilent = true;
        resolve(false);
      });
      const answered = (): void => {
        const wasSilent = this.#isSilent;
        this.#isSilent = false;
        cancel();
        resolve(true);
        if (wasSilent) this.ring();
      };
      // An agent that has died meanwhile hears nothing.
      process.enter(() => this.#process.enter(answered));
      // A server that ends meanwhile closes the session, which is an answer too.
      this.#world.onDeath(this.#server, () =>
        this.#process.enter(() => {
          cancel();
          resolve(true);
        }),
      );
    });
  }

  async #lookWithoutData({ follows }: ActionsWithoutData): Promise<ServiceLook> {
    const server = this.#server;
    if (await this.#answers()) return lookWithoutData(server, follows, this.#world.busyClients(server));
    return { ...lookBase(server), state: "hung", problem: "it does not answer" };
  }

  #base(): ServiceLook {
    const { incarnation, dataId, forks } = this.#server.disk;
    return { ...UNSEEN, incarnation, dataId, forks };
  }

  #position(): ServiceLook["position"] {
    return positionAt(this.#server.offset, this.#server.disk.forks);
  }

  #lookAtDisk(): ServiceLook {
    const { disk } = this.#server;
    if (this.#server.isForeign) return { ...UNSEEN, state: "foreign", problem: "the data is not this group's" };
    if (disk.state !== "whole") return { ...UNSEEN, state: disk.state };
    if (!disk.isClean) return { ...this.#base(), state: "stopped" };
    return { ...this.#base(), state: "stopped", offset: this.#server.offset, position: this.#position() };
  }

  #lookAtStandby(): ServiceLook {
    const { upstream, stream, disk, isReplayHeld, promoting } = this.#server;
    const isSealed = upstream === null && stream === null && !promoting;
    if (isSealed) disk.forks = learned(disk, this.#server.offset);
    return {
      ...this.#base(),
      state: "standby",
      position: isSealed && !isReplayHeld && disk.flushed === disk.log.length ? this.#position() : null,
      offset: this.#server.offset,
      receiving: isSealed
        ? null
        : { from: upstream?.from ?? "?", term: upstream?.term ?? 0, streaming: stream !== null },
      heardOffset: stream === null ? null : stream.heard * ENTRY_BYTES,
    };
  }

  #lookAtPrimary(): ServiceLook {
    const server = this.#server;
    if (server.reign === null && this.work?.do !== "promote") server.reign = recalled(server);
    const followers: Follower[] = [...server.senders.values()].map(({ member, incarnation, term, flushed }) => ({
      member,
      incarnation,
      term,
      offset: flushed * ENTRY_BYTES,
      streaming: true,
    }));
    return {
      ...this.#base(),
      state: "primary",
      offset: server.disk.flushed * ENTRY_BYTES,
      term: server.reign?.term ?? null,
      followers,
      rule: server.proof?.rule ?? null,
      ruleOffset: server.proof?.offset ?? 0,
      firstOffset: server.reign?.firstOffset ?? null,
      busyClients: this.#world.busyClients(server),
    };
  }

  #pause(low: number, high: number): Promise<void> {
    const ms = this.#world.random.service.between(low, high);
    return new Promise((resolve) => this.#process.clock.after(ms, resolve));
  }
}

/** Terms that arrived while the agent was away, by the driver's own rule. */
function learned({ forks, timelines, log }: Disk, offset: number): Disk["forks"] {
  const switches = timelines.slice(1).map(({ from }) => from * ENTRY_BYTES);
  const terms: number[] = [];
  for (const { opens } of log) if (opens !== null) terms.push(opens.term);
  return withLateForks(forks, switches, terms, offset);
}

/** What an earlier life of the agent knew, found again in the data. */
function recalled(server: Server): { term: number | null; firstOffset: number | null } {
  const { disk } = server;
  const fork = disk.forks.at(-1);
  // What a session can see is on the disk.
  const first = disk.log.findLast((entry, i) => entry.opens !== null && i < disk.flushed)?.opens ?? null;
  const own = first !== null && first.incarnation === disk.incarnation ? first.term : null;
  const claimed = disk.promoting ?? own;
  const began = (disk.timelines.at(-1)?.from ?? 0) * ENTRY_BYTES;
  if (fork === undefined || claimed !== fork.term || began !== fork.offset) return { term: null, firstOffset: null };
  return { term: claimed, firstOffset: own === claimed ? disk.flushed * ENTRY_BYTES : null };
}
