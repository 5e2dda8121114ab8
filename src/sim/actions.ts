import { sameRule } from "../core/commit-rule.ts";
import { hasDiverged, positionAt } from "../core/position.ts";
import type { ServiceAction } from "../core/service-action.ts";
import { Failure } from "../lib/failure.ts";
import type { Process } from "./host.ts";
import type { Server } from "./server.ts";
import { Steps } from "./steps.ts";
import { emptyDisk, ENTRY_BYTES } from "./wal.ts";
import type { World } from "./world.ts";

type Of<Name extends ServiceAction["do"]> = Extract<ServiceAction, { readonly do: Name }>;

/** How long a clean stop waits for its standbys, as the driver has it. */
const CLEAN_MS = 10_000;
const RECOVERY_MS = 60_000;

/** What a driver does as it is asked. */
export interface Acts {
  do(action: ServiceAction): Promise<void>;
  /** Whatever is under way ends with a failure. */
  giveUp(): void;
}

/** What an agent asks of the pretended PostgreSQL, in the steps of the real driver. */
export class Actions implements Acts {
  readonly #world: World;
  readonly #server: Server;
  readonly #steps: Steps;

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

  #doing(action: ServiceAction): Promise<void> {
    switch (action.do) {
      case "create":
        return this.#create();
      case "start":
        return this.#start();
      case "follow":
        return this.#follow(action);
      case "seal":
        return this.#seal();
      case "promote":
        return this.#promote(action);
      case "begin":
        return this.#begin(action.term);
      case "set-rule":
        return this.#setRule(action);
      case "prepare-stop":
        return this.#step("prepare-stop: checkpoint");
      case "stop":
        return action.how === "clean" ? this.#stopCleanly() : this.#kill();
      case "clone":
      case "rewind":
        return this.#copy(action);
    }
  }

  async #create(): Promise<void> {
    const { disk } = this.#server;
    if (disk.state === "whole") return;
    disk.state = "partial";
    await this.#step("create: initdb", 50);
    const first = this.#world.newEntry(0);
    Object.assign(disk, emptyDisk(), {
      state: "whole",
      incarnation: this.#world.newIncarnation(),
      dataId: "data-1",
      log: [first],
      flushed: 1,
      timelines: [{ number: 1, from: 0 }],
    });
  }

  async #start(): Promise<void> {
    const server = this.#server;
    if (server.isRunning) throw new Failure("processes still live in it");
    if (server.disk.state !== "whole") throw new Failure("its data is not ready");
    await this.#step("start: configured");
    if (server.isRunning) throw new Failure("processes still live in it");
    if (server.disk.state !== "whole") throw new Failure("its data is gone");
    server.start();
    await this.#until("it answers", RECOVERY_MS, () => server.role !== "recovering");
    if (!server.isRunning) throw new Failure("it ended while it started");
  }

  /** Calls off a promotion that was asked for and has not come. */
  async #startAnew(): Promise<void> {
    this.#world.mark("a promotion that was late was called off");
    this.#server.kill();
    await this.#start();
  }

  async #follow({ from, term, forks }: Of<"follow">): Promise<void> {
    const server = this.#standby("follow");
    const position = positionAt(server.offset, server.disk.forks);
    if (hasDiverged(position, forks)) throw new Failure("its data has diverged");
    await this.#step("follow: history");
    this.#standby("follow").disk.forks = forks;
    await this.#step("follow: connection");
    this.#standby("follow").upstream = { from, term };
    server.stream?.breakOff();
    server.stream = null;
    server.receiveNow();
    await this.#step("follow: reloaded");
  }

  async #seal(): Promise<void> {
    const { promoting } = this.#standby("seal");
    await this.#step("seal: password withheld");
    if (promoting) await this.#startAnew();
    // The receiver goes on for a while: only then it is ended, and only then nothing comes any more.
    await this.#step("seal: receiver told to end", 8);
    this.#standby("seal").sever();
    const server = this.#server;
    await this.#until(
      "what it received is replayed",
      2000,
      () => !server.isReplayHeld && server.disk.flushed === server.disk.log.length,
    );
  }

  async #promote({ term, forks, rule }: Of<"promote">): Promise<void> {
    const server = this.#standby("promote");
    const fork = forks.at(-1);
    if (server.upstream !== null || server.stream !== null) throw new Failure("it is not sealed");
    if (fork?.term !== term || fork.offset !== server.offset)
      throw new Failure("its data ends elsewhere than the term begins");
    await this.#step("promote: rule written");
    this.#standby("promote").rules = [rule];
    server.disk.forks = forks;
    server.disk.promoting = term;
    server.proof = null;
    await this.#step("promote: history");
    this.#standby("promote").promoting = true;
    const ms =
      this.#world.random.service.between(5, 40) +
      (this.#world.random.service.chance(this.#world.latePromotions) ? 3000 : 0);
    const { process } = server;
    process?.clock.after(ms, () => server.role === "standby" && server.becomePrimary());
    await this.#step("promote: asked");
    await this.#until("it is out of recovery", 10_000, () => server.role === "primary");
    server.proof = { rule, offset: 0 };
    await this.#firstEntry(term);
  }

  async #begin(term: number): Promise<void> {
    if (this.#server.role !== "primary" || this.#server.reign?.term !== term)
      throw new Failure("it is no primary of that term");
    await this.#firstEntry(term);
  }

  async #firstEntry(term: number): Promise<void> {
    const server = this.#server;
    await this.#step("promote: first entry");
    const { incarnation } = server.disk;
    const entry = this.#world.newEntry(term, { term, incarnation: incarnation ?? "" });
    if (!server.append(entry)) throw new Failure("it is no primary any more");
    const count = server.disk.log.length;
    await this.#until(
      "the first entry is on its disk",
      10_000,
      () => server.disk.flushed >= count || server.role !== "primary",
    );
    if (server.role !== "primary") throw new Failure("it ended");
    server.reign = { term, firstOffset: count * ENTRY_BYTES };
  }

  async #setRule({ rule, term }: Of<"set-rule">): Promise<void> {
    const server = this.#server;
    const life = server.process;
    if (server.role !== "primary" || server.reign?.term !== term) throw new Failure("it is no primary of that term");
    const known = server.proof?.rule ?? null;
    server.proof = null;
    server.rules = [...server.rules.filter((r) => !sameRule(r, rule)), rule];
    await this.#step("set-rule: spreading", 20);
    await this.#step("set-rule: read back");
    if (server.role !== "primary" || server.process !== life) throw new Failure("it ended");
    if (known === null) this.#world.mark("a rule was put in force anew");
    server.rules = [rule];
    server.isAltered = false;
    server.proof = { rule, offset: server.disk.flushed * ENTRY_BYTES };
    server.release();
  }

  async #stopCleanly(): Promise<void> {
    const server = this.#server;
    if (!server.isRunning) return;
    const wasPrimary = server.role === "primary";
    const { process } = server;
    await this.#step("stop: asked");
    process?.enter(() => this.#shutDown(server, wasPrimary));
    await this.#until("it has stopped", CLEAN_MS, () => !server.isRunning || server.process !== process);
  }

  #shutDown(server: Server, wasPrimary: boolean): void {
    if (!wasPrimary || server.role !== "primary") return server.kill();
    server.stopWaiting();
    server.role = "stopping";
    server.append(this.#world.newEntry(server.disk.promoting ?? 0));
    const { process } = server;
    const look = (): void => {
      if (server.process !== process) return;
      const { disk, senders } = server;
      if (!disk.isClean && disk.flushed === disk.log.length) {
        disk.isClean = true;
        this.#world.ring(server.member);
      }
      const isSupplied = [...senders.values()].every((sender) => sender.flushed >= disk.log.length);
      if (disk.isClean && isSupplied) return server.kill();
      process?.clock.after(2, look);
    };
    process?.clock.after(2, look);
  }

  async #kill(): Promise<void> {
    await this.#step("kill: sent", 3);
    this.#server.kill();
  }

  async #copy(action: Of<"clone"> | Of<"rewind">): Promise<void> {
    const server = this.#server;
    server.kill();
    const source = this.#world.server(action.from);
    const { disk } = server;
    const isThere = (): boolean =>
      source !== undefined &&
      source.role === "primary" &&
      !source.isFrozen &&
      this.#world.network.passes(server.host.name, source.host.name) &&
      this.#world.network.passes(source.host.name, server.host.name);
    if (!isThere()) throw new Failure(`"${action.from}" cannot be reached`);
    await this.#step(`${action.do}: marked`);
    this.#world.history.destroys(server, action.term);
    disk.state = "partial";
    await this.#step(`${action.do}: copying`, 300);
    await this.#step(`${action.do}: copied`, 300);
    if (!isThere() || source === undefined) throw new Failure(`"${action.from}" was lost while it was copied`);
    Object.assign(disk, emptyDisk(), {
      state: "whole",
      incarnation: this.#world.newIncarnation(),
      dataId: source.disk.dataId,
      forks: action.forks,
      log: source.disk.log.slice(0, source.disk.flushed),
      flushed: source.disk.flushed,
      timelines: source.disk.timelines,
    });
  }

  #standby(what: string): Server {
    if (this.#server.role !== "standby") throw new Failure(`Cannot ${what}: it is no standby`);
    if (this.#server.isFrozen) throw new Failure(`Cannot ${what}: it does not answer`);
    return this.#server;
  }

  #step(name: string, mostMs?: number): Promise<void> {
    return this.#steps.step(name, mostMs);
  }

  #until(what: string, withinMs: number, holds: () => boolean): Promise<void> {
    return this.#steps.until(what, withinMs, holds);
  }
}
