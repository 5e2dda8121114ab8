import { ALONE } from "../core/commit-rule.ts";
import type { ServiceAction } from "../core/service-action.ts";
import { UNSEEN, type Receiving, type ServiceLook } from "../core/service-look.ts";
import { Failure } from "../lib/failure.ts";
import type { Acts } from "./actions.ts";
import type { Process } from "./host.ts";
import type { Server } from "./server.ts";
import { Steps } from "./steps.ts";
import { emptyDisk, type Disk } from "./wal.ts";
import type { World } from "./world.ts";

const PROMOTION_MS = 10_000;
const CLEAN_MS = 10_000;
const RECOVERY_MS = 60_000;

/** How long a service that was asked to stop finishes what it has begun, at most. */
const LAST_ANSWERS_MS = 400;

/** The disk of a service that keeps nothing: the same copy for ever. */
export function diskWithoutData(member: string): Disk {
  return { ...emptyDisk(), state: "whole", incarnation: member, dataId: "" };
}

/** Whether it answers clients: as primary, and until it is gone also while it stops, or its main process has ended. */
export function isActive({ role, reign }: Server): boolean {
  return reign !== null && (role === "primary" || role === "stopping");
}

/** What a driver sees of a service without data that answers, or does not run. */
export function lookWithoutData(server: Server, receiving: Receiving | null, busyClients: number): ServiceLook {
  const base = lookBase(server);
  switch (server.role) {
    case "down":
      return server.isForeign
        ? { ...UNSEEN, state: "foreign", problem: "another program is installed there" }
        : { ...base, state: "stopped" };
    case "recovering":
      return { ...base, state: "starting" };
    case "stopping":
      return { ...base, state: "stopping" };
    case "standby":
      return { ...base, state: "standby", receiving };
    case "primary":
      return {
        ...base,
        state: "primary",
        term: server.reign?.term ?? null,
        rule: ALONE,
        firstOffset: 0,
        busyClients,
      };
  }
}

/** What holds in every state. */
export function lookBase({ disk }: Server): ServiceLook {
  return { ...UNSEEN, incarnation: disk.incarnation, dataId: "", position: { term: 0, offset: 0 }, offset: 0 };
}

/** What an agent asks of a service without data: it runs as standby, ready at any time, and is made active or ended. */
export class ActionsWithoutData implements Acts {
  readonly #world: World;
  readonly #server: Server;
  readonly #steps: Steps;
  /** Whom it stands by for. Only this life of the agent knows: the next one is told again. */
  follows: Receiving | null = null;

  constructor(world: World, server: Server, process: Process) {
    this.#world = world;
    this.#server = server;
    this.#steps = new Steps(world, server.member, process);
  }

  giveUp(): void {
    this.#steps.giveUp();
  }

  do(action: ServiceAction): Promise<void> {
    return this.#steps.do(action, () => this.#doing(action));
  }

  async #doing(action: ServiceAction): Promise<void> {
    switch (action.do) {
      case "start":
        return this.#start();
      case "follow":
        this.#standby("follow");
        this.follows = { from: action.from, term: action.term, streaming: true };
        return;
      case "seal":
        this.#standby("seal");
        this.follows = null;
        return;
      case "promote":
        return this.#promote(action.term);
      case "prepare-stop":
        return;
      case "stop":
        return action.how === "clean" ? this.#stopCleanly() : this.#kill();
      case "create":
      case "begin":
      case "set-rule":
      case "clone":
      case "rewind":
        this.#world.broke(new Error(`"${action.do}" is asked of a service that has no data`));
    }
  }

  async #start(): Promise<void> {
    const server = this.#server;
    if (server.isRunning) throw new Failure("processes still live in it");
    this.follows = null;
    server.start();
    await this.#steps.until("it answers", RECOVERY_MS, () => server.role !== "recovering");
    if (!server.isRunning) throw new Failure("it ended while it started");
  }

  async #promote(term: number): Promise<void> {
    const server = this.#standby("promote");
    if (this.follows !== null) throw new Failure("it is not sealed");
    const { random, latePromotions } = this.#world;
    const { process } = server;
    const ms = random.service.between(5, 40) + (random.service.chance(latePromotions) ? 3000 : 0);
    process?.clock.after(ms, () => server.role === "standby" && this.#activate(server, term));
    await this.#steps.step("promote: asked");
    await this.#steps.until("it is active", PROMOTION_MS, () => server.role !== "standby");
    if (server.role !== "primary") throw new Failure("it ended");
  }

  /** Its own process does it, whatever has become of the agent. */
  #activate(server: Server, term: number): void {
    server.role = "primary";
    server.reign = { term, firstOffset: 0 };
    this.#world.ring(server.member);
  }

  async #stopCleanly(): Promise<void> {
    const server = this.#server;
    const { process } = server;
    if (process === null) return;
    await this.#steps.step("stop: asked");
    process.enter(() => {
      if (!isActive(server)) return server.kill();
      server.role = "stopping";
      const ms = this.#world.random.service.between(1, LAST_ANSWERS_MS);
      process.clock.after(ms, () => server.process === process && server.kill());
    });
    await this.#steps.until("it has stopped", CLEAN_MS, () => server.process !== process);
  }

  async #kill(): Promise<void> {
    await this.#steps.step("kill: sent", 3);
    this.#server.kill();
  }

  #standby(what: string): Server {
    if (this.#server.role !== "standby") throw new Failure(`Cannot ${what}: it is no standby`);
    if (this.#server.isFrozen) throw new Failure(`Cannot ${what}: it does not answer`);
    return this.#server;
  }
}
