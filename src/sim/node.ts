import { EventLog } from "../agent/event-log.ts";
import { GroupAgent } from "../agent/group-agent.ts";
import { Seen } from "../agent/seen.ts";
import { SessionKeeper } from "../agent/session-keeper.ts";
import type { Settings, View } from "../core/view.ts";
import type { Clock } from "../lib/clock.ts";
import { Failure } from "../lib/failure.ts";
import type { Guard, GuardState } from "../guards/guard.ts";
import type { Heartbeats } from "../heartbeats/heartbeats.ts";
import { MemoryGuardHost } from "../guards/memory.ts";
import type { LineFile } from "../host/line-file.ts";
import { Process, type Host } from "./host.ts";
import type { Server } from "./server.ts";
import { SimService } from "./service.ts";
import { SimStore } from "./store.ts";
import type { World } from "./world.ts";

const GROUP = "main";

/** How long an agent that was asked to leave tries to do so in order. */
const LEAVE_MS = 5000;

/** How long it takes until there is a guard again. */
const GUARD_MS = 200;

/** How long the supervisor waits before it starts an agent again. */
const RESTART_MS = 500;

/** What one life of an agent is made of, besides its loop. */
export interface AgentLife {
  readonly store: SimStore;
  readonly session: SessionKeeper;
  readonly heartbeats: Heartbeats | null;
  readonly events: EventLog;
  readonly clock: Clock;
}

/** A host of the group: its server, its guard, and one life of its agent after the other. All of the agent is the production code. */
export class Node {
  readonly world: World;
  readonly name: string;
  readonly host: Host;
  readonly server: Server;
  #guards: MemoryGuardHost;
  #guardProcess: Process;
  /** The agent's memory of the newest record, as it is on the disk. */
  seenLines: string[] = [];
  isDiskFull = false;
  /** The configuration of its host: what the next life of its agent goes by. */
  settings: Settings;
  /** What its checks say. */
  health: View["health"] = "up";
  /** An operator has said that the store is right. */
  forgets = false;
  agent: Process | null = null;
  service: SimService | null = null;
  loop: GroupAgent | null = null;
  /** The other parts of the agent's life, for whoever serves its API. */
  life: AgentLife | null = null;
  #lives = 0;
  #isKeptDown = false;
  #isLeaving = false;
  readonly #guardBells: (() => void)[] = [];

  constructor(world: World, host: Host, server: Server) {
    this.world = world;
    this.name = host.name;
    this.host = host;
    this.server = server;
    this.settings = world.configured;
    this.#guardProcess = new Process(host);
    this.#guards = this.#newGuards();
  }

  /** Begins a life of the agent, unless one lives or its host has no power. */
  boot(): void {
    if (!this.host.isUp || this.host.isFrozen || this.agent !== null || this.#isKeptDown) return;
    if (!this.#guardProcess.isAlive) {
      this.#guardProcess = new Process(this.host);
      this.#guards = this.#newGuards();
    }
    const process = new Process(this.host);
    this.agent = process;
    this.#lives++;
    this.world.note(this.name, `its agent begins life ${this.#lives}`);
    void this.#live(process).catch((error: unknown) => this.#ended(process, error));
  }

  /** The agent's process ends, at once. The supervisor starts it again. */
  crash(afterMs = RESTART_MS): void {
    const { agent } = this;
    if (agent === null) return;
    agent.kill();
    this.agent = null;
    this.loop = null;
    this.life = null;
    this.service = null;
    this.world.timeline.after(afterMs, () => this.boot());
  }

  /** A person has brought another configuration to its host and starts the agent again. */
  restartWith(settings: Settings): void {
    if (this.settings === settings) return;
    this.settings = settings;
    this.world.note(this.name, "its host gets a new configuration");
    this.crash();
  }

  keepDown(isKept: boolean): void {
    this.#isKeptDown = isKept;
    this.#isLeaving = false;
    if (isKept) this.crash();
    else this.boot();
  }

  /** Somebody asks the agent to stop its service and to end. */
  leave(): void {
    const { agent, loop } = this;
    this.#isLeaving = true;
    void loop?.leave(LEAVE_MS).then(() => {
      if (this.agent !== agent) return;
      if (this.#isLeaving) this.keepDown(true);
      else this.crash();
    });
  }

  /** The power goes, and with it all that had not reached the disk. */
  powerOff(): void {
    this.world.note(this.name, "its host loses power");
    this.host.powerOff();
    this.crash(0);
    this.server.kill();
  }

  powerOn(): void {
    if (this.host.isUp) return;
    this.host.isUp = true;
    this.world.note(this.name, "its host has power again");
    this.boot();
  }

  /** The guard's process ends; another one begins a moment later, and knows nothing. */
  killGuard(): void {
    this.#guardProcess.kill();
    this.server.unguarded = this.server.process;
    this.#guards.setReachable(false);
    this.world.timeline.after(GUARD_MS, () => {
      if (this.#guardProcess.isAlive || !this.host.isUp) return;
      this.#guardProcess = new Process(this.host);
      this.#guards = this.#newGuards();
      for (const bell of this.#guardBells) bell();
    });
  }

  /** The newest change of the record that it remembers. */
  get seenRev(): number {
    const last = this.seenLines.at(-1);
    return last === undefined ? 0 : (JSON.parse(last) as { rev: number }).rev;
  }

  get processes(): readonly Process[] {
    return [...this.host.processes];
  }

  #newGuards(): MemoryGuardHost {
    const { world, server } = this;
    const process = this.#guardProcess;
    return new MemoryGuardHost(process.clock, async () => {
      await new Promise<void>((resolve) => process.clock.after(world.random.service.between(0.5, 5), resolve));
      world.mark("a guard ended a service");
      server.kill();
    });
  }

  /** What the agent holds of the guard: whichever process that is now. */
  #guardFor(process: Process): Guard {
    let host = this.#guards;
    let guard = host.open();
    const ring = (): void => process.enter(() => bells.forEach((bell) => bell()));
    const bells: (() => void)[] = [];
    guard.onChange(ring);
    this.#guardBells.push(ring);
    const current = (): Guard => {
      if (host === this.#guards) return guard;
      host = this.#guards;
      guard = host.open();
      guard.onChange(ring);
      return guard;
    };
    return {
      kind: "sim",
      arm: (group, untilMs, target) =>
        this.#asked(process, "guard: arm", async () => {
          const wasOver = isOver(current().state(group), process.clock.nowMs());
          await current().arm(group, untilMs, target);
          this.world.history.armed(this.name, untilMs, wasOver);
          this.server.unguarded = null;
        }),
      admit: () => undefined,
      disarm: (group) => this.#asked(process, "guard: disarm", () => current().disarm(group)),
      state: (group) => current().state(group),
      onChange: (then) => bells.push(then),
      close: (end) => current().close(end),
    };
  }

  #asked(process: Process, what: string, ask: () => Promise<void>): Promise<void> {
    return new Promise((resolve, reject) => {
      if (!this.world.step(process, what)) return;
      process.clock.after(this.world.random.service.between(0.05, 0.5), () => void ask().then(resolve, reject));
    });
  }

  async #live(process: Process): Promise<void> {
    const { world, name } = this;
    const { clock } = process;
    const store = new SimStore(world.store, process);
    const storeId = await identityOf(store, process);
    const guard = this.#guardFor(process);
    const events = new EventLog(store, clock, GROUP, name, () => undefined);
    const seen = new Seen(this.#lineFile(process));
    this.forgets = false;
    const heartbeats = world.air?.open(name, process) ?? null;
    let loop: GroupAgent | null = null;
    const life = this.#lives;
    const session = new SessionKeeper({
      node: name,
      home: name,
      machine: `${this.host.boots}`,
      version: "0",
      api: null,
      store,
      clock,
      timing: this.settings.timing,
      newId: () => `${name}-${life}-${world.newId()}`,
      held: () => (loop?.isHolder === true ? [GROUP] : []),
      reports: () => (loop === null ? {} : { main: loop.report() }),
      onChange: () => {
        heartbeats?.say(session.id);
        loop?.ring();
      },
      onStolen: (text) => this.#ended(process, new Failure(text)),
      log: () => undefined,
    });
    const service = new SimService(world, this.server, process);
    this.service = service;
    heartbeats?.onChange(() => loop?.ring());
    await session.renew();
    loop = new GroupAgent({
      me: name,
      settings: this.settings,
      store,
      storeId,
      service,
      guard,
      session,
      heartbeats,
      seen,
      journal: world.journalOf(this),
      events,
      clock,
      health: () => this.health,
      checkNote: () => null,
      observer: null,
      changed: () => loop !== null && world.rules.add(loop.decision.rule),
      broken: (error) => this.#ended(process, error),
    });
    this.loop = loop;
    this.life = { store, session, heartbeats, events, clock };
    loop.start();
  }

  /** A broken invariant of ours ends an agent in production; here it ends the seed. */
  #ended(process: Process, error: unknown): void {
    if (!(error instanceof Failure)) this.world.broke(error);
    if (this.agent === process) this.crash();
  }

  #lineFile(process: Process): LineFile {
    const before = this.forgets ? [] : [...this.seenLines];
    if (this.forgets) this.seenLines = [];
    const append = (line: string): Promise<void> =>
      new Promise((resolve, reject) => {
        if (this.isDiskFull) return reject(new Failure("no space left on device"));
        if (!this.world.step(process, "seen: append")) return;
        process.clock.after(this.world.random.disk.between(0.1, 2) * this.world.diskFactor(this.name), () => {
          this.seenLines.push(line);
          if (this.world.step(process, "seen: on disk")) resolve();
        });
      });
    return { name: "seen", before, append, close: async () => undefined };
  }
}

function isOver(state: GuardState, nowMs: number): boolean {
  return state.state === "fired" || (state.state === "armed" && state.untilMs <= nowMs);
}

/** An agent that cannot reach the store at its start tries until it does. */
async function identityOf(store: SimStore, process: Process): Promise<string> {
  for (;;) {
    try {
      return await store.identity();
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      await new Promise<void>((resolve) => process.clock.after(500, resolve));
    }
  }
}
