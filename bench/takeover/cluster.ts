import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { GroupEvent } from "../../src/core/event.ts";
import type { GroupRecord } from "../../src/core/record.ts";
import { processesIn, sendSignal } from "../../src/host/processes.ts";
import { Failure, messageOf } from "../../src/lib/failure.ts";
import type { Target } from "../../src/quickstart/client/connection.ts";
import { withPassword } from "../../src/quickstart/client/password-file.ts";
import { GROUP, makePlace, MEMBERS, type ClusterPlace } from "./cluster-file.ts";
import { removeAtExit } from "./leftovers.ts";
import { problemsOf } from "./recovered.ts";
import { Supervised } from "./supervised.ts";
import { command, type CommandResult } from "./understudy.ts";

/**
 * Three agents and a proxy, each a process of its own that is started again when it ends, in a directory
 * of their own that goes with the process. The bench supervises them itself, so that it can keep them down.
 */
export class Cluster {
  readonly members: readonly string[] = MEMBERS;
  readonly mode: "strict" | "preferred";
  readonly place: ClusterPlace;
  readonly #agents: Readonly<Record<string, Supervised>>;
  readonly #proxy: Supervised;
  readonly #remove: () => void;

  private constructor(place: ClusterPlace, mode: "strict" | "preferred") {
    this.place = place;
    this.mode = mode;
    this.#remove = removeAtExit(place.root);
    const supervised = (name: string, args: readonly string[]): Supervised =>
      new Supervised([...args, "--config", place.file], place.root, join(place.root, `${name}.log`));
    this.#agents = Object.fromEntries(MEMBERS.map((node) => [node, supervised(node, ["agent", "--node", node])]));
    this.#proxy = supervised("proxy", ["proxy"]);
  }

  /** Makes the cluster under `parent` and waits until all three members serve. */
  static async start(parent: string, mode: "strict" | "preferred"): Promise<Cluster> {
    const cluster = new Cluster(await makePlace(parent, mode), mode);
    for (const node of MEMBERS) cluster.#agent(node).start();
    cluster.#proxy.start();
    await cluster.untilAllBack(120_000);
    const status = await cluster.command("status", "--json");
    if (status.code !== 0) throw new Failure(`The new cluster is not healthy: ${status.stdout}${status.stderr}`);
    return cluster;
  }

  /** Ends everything and removes the directory. */
  async stop(): Promise<void> {
    await this.#proxy.stop("SIGINT", 5000);
    await Promise.all(MEMBERS.map((node) => this.#agent(node).stop("SIGINT", 15_000)));
    this.#remove();
  }

  /** Where clients that write come in. */
  target(): Promise<Target> {
    return this.#targetAt(this.place.readWritePort);
  }

  /** Every member's own address: for the witness only, no client goes there. */
  async memberTargets(): Promise<Readonly<Record<string, Target>>> {
    const targets = MEMBERS.map(async (member) => [member, await this.#targetAt(this.#portOf(member))] as const);
    return Object.fromEntries(await Promise.all(targets));
  }

  dataOf(member: string): string {
    return join(this.place.root, "nodes", member, GROUP, "data");
  }

  agentOf(member: string): number | null {
    return this.#agent(member).pid;
  }

  async postmasterOf(member: string): Promise<number> {
    return pidIn(join(this.dataOf(member), "postmaster.pid"));
  }

  /** Agent, guard and every process of the member's database, the agent first, the postmaster next. */
  async processesOf(member: string): Promise<readonly number[]> {
    const agent = this.agentOf(member);
    const guards = await guardProcesses(join(this.place.root, "nodes", member));
    const postmaster = await this.postmasterOf(member);
    const servers = await processesIn(this.dataOf(member));
    return [...new Set([...(agent === null ? [] : [agent]), ...guards, postmaster, ...servers])];
  }

  /** Its agent is not started again once it has ended, until {@link bringUp}. */
  keepDown(member: string): void {
    this.#agent(member).keepDown();
  }

  bringUp(member: string): void {
    this.#agent(member).start();
  }

  /** A command of the program about this cluster. */
  command(name: string, ...options: readonly string[]): Promise<CommandResult> {
    return command([name, ...options, "--config", this.place.file], this.place.root);
  }

  /** Waits until every agent says that all members are well and stream; rejects with what is wrong after `withinMs`. */
  async untilAllBack(withinMs: number): Promise<GroupRecord> {
    const endAt = performance.now() + withinMs;
    for (;;) {
      const found = await this.#look();
      if ("record" in found) return found.record;
      if (performance.now() > endAt)
        throw new Failure(`Not all members are back after ${withinMs / 1000} s: ${found.problem}`);
      await sleep(250);
    }
  }
}
