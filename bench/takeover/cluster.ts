import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { systemClock } from "../../src/agent/system-clock.ts";
import type { GroupEvent } from "../../src/core/event.ts";
import type { GroupRecord } from "../../src/core/record.ts";
import { guardProcesses } from "../../src/guards/process/start-guard.ts";
import { processesIn } from "../../src/host/processes.ts";
import { Failure } from "../../src/lib/failure.ts";
import type { Target } from "../../src/quickstart/client/connection.ts";
import { withPassword } from "../../src/quickstart/client/password-file.ts";
import { GroupWatch, whatIsMissing, type GroupSight } from "../../src/quickstart/group-watch.ts";
import { openStore } from "../../src/store/open-store.ts";
import type { Store } from "../../src/store/store.ts";
import { GROUP, MEMBERS, type ClusterPlace, type Mode } from "./cluster-place.ts";
import { command, type CommandResult } from "./program.ts";
import type { Supervised } from "./supervised.ts";

/** A running cluster of three members on this machine, as a fault sees it: whom to ask, what to hit. */
export class Cluster {
  readonly members: readonly string[] = MEMBERS;
  readonly place: ClusterPlace;
  readonly mode: Mode;
  readonly #agents: Readonly<Record<string, Supervised>>;
  readonly #store: Store;
  readonly #watch: GroupWatch;

  private constructor(place: ClusterPlace, mode: Mode, agents: Readonly<Record<string, Supervised>>, store: Store) {
    this.place = place;
    this.mode = mode;
    this.#agents = agents;
    this.#store = store;
    this.#watch = new GroupWatch(store, systemClock, GROUP, MEMBERS);
  }

  static async open(place: ClusterPlace, mode: Mode, agents: Readonly<Record<string, Supervised>>): Promise<Cluster> {
    const store = await openStore({ kind: "sqlite", file: join(place.root, "store.db") });
    return new Cluster(place, mode, agents, store);
  }

  /** Where clients that write come in. */
  target(): Promise<Target> {
    return this.#targetAt(this.place.readWritePort, "a");
  }

  /** Every member's own address: for the witness only, no client goes there. */
  async memberTargets(): Promise<Readonly<Record<string, Target>>> {
    const targets = MEMBERS.map(
      async (member) => [member, await this.#targetAt(this.place.memberPorts[member], member)] as const,
    );
    return Object.fromEntries(await Promise.all(targets));
  }

  dataOf(member: string): string {
    return join(this.#directoryOf(member), GROUP, "data");
  }

  /** The process of the member's agent. Rejects with a {@link Failure} while it is down. */
  agentOf(member: string): number {
    const pid = this.#agent(member).pid;
    if (pid === null) throw new Failure(`The agent of "${member}" does not run.`);
    return pid;
  }

  async postmasterOf(member: string): Promise<number> {
    const file = join(this.dataOf(member), "postmaster.pid");
    const pid = Number.parseInt(await readFile(file, "utf8").catch(() => ""), 10);
    if (!(pid > 0)) throw new Failure(`The server of "${member}" does not run: "${file}" names no process.`);
    return pid;
  }

  /** Agent, guard and every process of the member's database, the agent first, the postmaster behind the guard. */
  async processesOf(member: string): Promise<readonly number[]> {
    const guards = await guardProcesses(this.#directoryOf(member));
    const postmaster = await this.postmasterOf(member);
    const servers = await processesIn(this.dataOf(member));
    return [...new Set([this.agentOf(member), ...guards, postmaster, ...servers])];
  }

  /** The member's agent is not started again once it has ended, until {@link bringUp}. */
  keepDown(member: string): void {
    this.#agent(member).keepDown();
  }

  bringUp(member: string): void {
    this.#agent(member).start();
  }

  /** Runs a command of the program about this cluster. Never rejects. */
  command(name: string, ...options: readonly string[]): Promise<CommandResult> {
    return command([name, ...options, "--config", this.place.file], this.place.root);
  }

  /** Rejects with a {@link Failure} until the group has been founded. */
  async record(): Promise<GroupRecord> {
    const { record } = await this.#watch.look();
    if (record === null) throw new Failure("The group has not been founded.");
    return record;
  }

  events(): Promise<readonly GroupEvent[]> {
    return this.#watch.events();
  }

  /** Waits until every member is back and streams; rejects with a {@link Failure} that says what is missing after `withinMs`. */
  async untilAllBack(
    withinMs: number,
    then: (sight: GroupSight) => string | null = (sight) => whatIsMissing(sight),
  ): Promise<void> {
    const endAtMs = systemClock.nowMs() + withinMs;
    for (;;) {
      const missing = then(await this.#watch.look());
      if (missing === null) return;
      if (systemClock.nowMs() > endAtMs)
        throw new Failure(`Not everything is back after ${withinMs / 1000} s: ${missing}.`);
      await sleep(200);
    }
  }

  /** Waits for a term above `term`; `false` when none came within `withinMs`. */
  async untilTermAbove(term: number, withinMs: number): Promise<boolean> {
    const endAtMs = systemClock.nowMs() + withinMs;
    while ((await this.record()).term <= term) {
      if (systemClock.nowMs() > endAtMs) return false;
      await sleep(100);
    }
    return true;
  }

  close(): Promise<void> {
    return this.#store.close();
  }

  #agent(member: string): Supervised {
    const agent = this.#agents[member];
    if (agent === undefined) throw new Failure(`There is no member "${member}".`);
    return agent;
  }

  #directoryOf(member: string): string {
    return join(this.place.root, "nodes", member);
  }

  /** The agents write the application's password beside each member's data. */
  #targetAt(port: number | undefined, member: string): Promise<Target> {
    const where = { host: "127.0.0.1", port: port ?? 0, user: "app", database: "app" };
    return withPassword(where, join(this.#directoryOf(member), GROUP, "application.pgpass"));
  }
}
