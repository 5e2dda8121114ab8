import type { ProcessConfig } from "../../config/process-config.ts";
import { ALONE } from "../../core/commit-rule.ts";
import type { ServiceAction } from "../../core/service-action.ts";
import { UNSEEN, type Receiving, type ServiceLook } from "../../core/service-look.ts";
import { processesOf } from "../../host/belonging.ts";
import { BoundedOutput } from "../../host/bounded-output.ts";
import { Bug, Failure, messageOf, UserError } from "../../lib/failure.ts";
import type { GuardTarget, ProbeResult, Progress, Service } from "../service.ts";
import { askPort } from "./ask-port.ts";
import type { Role } from "./environment.ts";
import type { Launcher } from "./launcher.ts";
import { seenIn } from "./life.ts";
import { outputFile, type Place } from "./place.ts";
import { Position } from "./position.ts";
import { ProcessLauncher } from "./process-launcher.ts";
import { Runner } from "./runner.ts";

/** Opens the driver of one member's process, whatever an earlier life of the agent has left running. */
export function openProcess(place: Place<ProcessConfig>): Promise<ProcessService> {
  return openRun(place, new ProcessLauncher(place));
}

/** The same for a program that is started in another way. */
export async function openRun(place: Place, launcher: Launcher): Promise<ProcessService> {
  const runner = new Runner(place, launcher);
  await runner.recall();
  return new ProcessService(place, runner);
}

/** One member's program: any one, which keeps nothing that others would have to copy. */
export class ProcessService implements Service {
  readonly hasData = false;
  readonly #place: Place;
  readonly #runner: Runner;
  readonly #position: Position;
  readonly #output: BoundedOutput;
  #changed: () => void = () => undefined;
  #abort = new AbortController();
  #doing: ServiceAction["do"] | null = null;
  #underWay: Promise<unknown> = Promise.resolve();
  /** It stands by: a cold one does so by doing nothing. Only this life of the agent knows; the next one starts it again. */
  #isUp = false;
  #follows: Receiving | null = null;
  #isClosed = false;

  constructor(place: Place, runner: Runner) {
    this.#place = place;
    this.#runner = runner;
    this.#position = new Position(place);
    this.#output = new BoundedOutput(outputFile(place), place.clock);
    runner.onEnd(() => this.#ring());
  }

  get guardTarget(): GuardTarget {
    return this.#runner.belonging;
  }

  async look(): Promise<ServiceLook> {
    void this.#output.look();
    const { life } = this.#runner;
    const seen = life === null ? null : seenIn(life);
    if (life === null || seen === null) return this.#lookAtRemains();
    if (seen.isStopped) return this.#base("hung", "its process has been stopped by a signal");
    if (this.#runner.isParked) return this.#base("stopped");
    const offset = this.#position.last(life);
    if (life.role === "standby")
      return { ...this.#base(life.isSettled ? "standby" : "starting"), offset, receiving: this.#follows };
    const term = life.isSettled ? life.term : null;
    return { ...this.#base("primary"), offset, term, rule: ALONE, firstOffset: 0, busyClients: 0 };
  }

  async perform(action: ServiceAction, progress: Progress): Promise<void> {
    if (action.do === "stop" && action.how === "kill") await this.#giveUp();
    const { signal } = (this.#abort = new AbortController());
    this.#doing = action.do;
    const done = this.#act(action, progress, signal).catch((error: unknown) => {
      if (error instanceof Bug || error instanceof UserError || error instanceof Failure) throw error;
      throw new Failure(`The process could not be told to ${action.do}: ${messageOf(error)}`);
    });
    this.#underWay = done.catch(() => undefined);
    await done.finally(() => {
      this.#doing = null;
      this.#ring();
    });
  }

  abandon(): void {
    return; // It makes no data.
  }

  async probe(member: string, deadlineMs: number): Promise<ProbeResult> {
    const address = this.#place.members[member];
    if (address === undefined) throw new Failure(`Cannot probe "${member}": it is no member of the group`);
    return askPort(address, deadlineMs, this.#place.clock);
  }

  /** Nothing is to be gained by it: where there is no data only the primary's own agent, or its lease, can end a term. */
  observe(): void {
    return;
  }

  onChange(then: () => void): void {
    this.#changed = then;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#abort.abort();
    await this.#underWay;
    await this.#runner.close();
  }

  async #act(action: ServiceAction, progress: Progress, signal: AbortSignal): Promise<void> {
    switch (action.do) {
      case "start":
        return this.#start(progress, signal);
      case "follow":
        this.#requireStandby("follow");
        this.#follows = { from: action.from, term: action.term, streaming: true };
        return this.#runner.tellRole({ role: "standby", term: action.term, primary: action.from });
      case "seal":
        this.#requireStandby("seal");
        this.#follows = null;
        return;
      case "promote":
        return this.#promote(action.term, progress, signal);
      case "prepare-stop":
        return;
      case "stop":
        return this.#stop(action.how);
      case "create":
      case "begin":
      case "set-rule":
      case "clone":
      case "rewind":
        throw new Bug(`"${action.do}" was asked of a process, which has no data`);
    }
  }

  async #start(progress: Progress, signal: AbortSignal): Promise<void> {
    this.#follows = null;
    if (this.#place.config.standby === "cold") await this.#runner.requireNone();
    else await this.#runner.run(STANDBY, progress, signal);
    this.#isUp = true;
  }

  async #promote(term: number, progress: Progress, signal: AbortSignal): Promise<void> {
    if (this.#follows !== null) throw new Failure("It still follows a primary");
    const role: Role = { role: "primary", term, primary: this.#place.member };
    await this.#runner.tellRole(role);
    await this.#runner.run(role, progress, signal);
  }

  async #stop(how: "clean" | "kill"): Promise<void> {
    this.#isUp = false;
    if (how === "clean") await this.#runner.stop();
    else await this.#runner.kill();
  }

  /** Ends what is under way, and waits until it has said so, so that nothing of it comes afterwards. */
  async #giveUp(): Promise<void> {
    if (this.#doing === null) return;
    this.#abort.abort();
    await this.#runner.kill();
    await this.#underWay;
  }

  #requireStandby(what: string): void {
    const { life } = this.#runner;
    const isStandby = life === null ? this.#isUp : life.role === "standby" && seenIn(life) !== null;
    if (!isStandby) throw new Failure(`Cannot ${what}: it is no standby`);
  }

  #lookAtRemains(): ServiceLook {
    if (this.#remains().length > 0) return this.#base("stopping", "its main process has ended, and others are left");
    if (this.#runner.life?.role === "primary" && this.#doing !== "promote") this.#isUp = false;
    const isCold = this.#place.config.standby === "cold";
    if (isCold && this.#isUp) return { ...this.#base("standby"), receiving: this.#follows };
    return this.#base(this.#doing === "start" ? "starting" : "stopped");
  }

  #remains(): readonly number[] {
    return this.#runner.isKnownGone ? [] : this.#runner.lookForRemains(processesOf(this.guardTarget));
  }

  #base(state: ServiceLook["state"], problem: string | null = null): ServiceLook {
    const nothing = { dataId: "", position: { term: 0, offset: 0 }, offset: 0 };
    return { ...UNSEEN, ...nothing, state, problem: problem ?? this.#runner.problem, incarnation: this.#place.member };
  }

  #ring(): void {
    if (!this.#isClosed) this.#changed();
  }
}

const STANDBY: Role = { role: "standby", term: 0, primary: null };
