import type { ChildProcess, StdioOptions } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { setTimeout as sleep } from "node:timers/promises";
import { systemClock } from "../../src/agent/system-clock.ts";
import type { GroupEvent } from "../../src/core/event.ts";
import { Failure, invariant, messageOf } from "../../src/lib/failure.ts";
import type { Target } from "../../src/quickstart/client/connection.ts";
import type { Lan } from "../../test/hosts/lan.ts";
import type { Witnessed } from "../client/overlap.ts";
import { ProcessCalls } from "../client/process-calls.ts";
import { command, type CommandResult } from "../takeover/program.ts";
import type { SeenCluster, SeenRecord } from "../takeover/run-once.ts";
import type { Supervised } from "../takeover/supervised.ts";
import type { Deployment } from "./deployment.ts";
import { etcdOn } from "./etcd-unit.ts";
import { LocalWitnesses } from "./local-witnesses.ts";
import type { Endpoints, ObserverReplies, ObserverRequest } from "./observer-messages.ts";
import { CLIENT, endpointsOf, ETCD_PORT, MEMBERS, POSTGRES_PORT, PROXY_PORT } from "./place.ts";

const OBSERVER = fileURLToPath(new URL("observer-process.ts", import.meta.url));
const LOOK_MS = 200;
/** Where an instant is waited for that is soon over. */
const LOOK_SOON_MS = 5;

/** Three hosts with an etcd, a member and what watches over it each, and one with the proxy and the clients. */
export class HostCluster implements SeenCluster {
  /** Where an etcd runs. */
  readonly hosts: readonly string[] = MEMBERS;
  readonly members: readonly string[];
  readonly lan: Lan;
  readonly #deployment: Deployment;
  readonly #agents: Readonly<Record<string, Supervised>>;
  readonly #etcds: Readonly<Record<string, Supervised>>;
  readonly #proxy: Supervised;
  readonly #observer: ProcessCalls<ObserverRequest, ObserverReplies>;

  constructor(lan: Lan, deployment: Deployment) {
    this.lan = lan;
    this.#deployment = deployment;
    this.members = deployment.members;
    const each = (names: readonly string[], of: (name: string) => Supervised): Record<string, Supervised> =>
      Object.fromEntries(names.map((name) => [name, of(name)]));
    this.#etcds = each(this.hosts, (host) => etcdOn(lan, host, lan.run.directory));
    this.#agents = each(this.members, (member) => deployment.agentOn(member));
    this.#proxy = deployment.proxy();
    this.#observer = new ProcessCalls(this.runClient(OBSERVER, "observer"), "observer");
  }

  #locals: LocalWitnesses | null = null;

  /** Starts everything, and resolves when all members stream. */
  async start(withinMs: number): Promise<void> {
    for (const host of this.hosts) {
      this.startStore(host);
      this.startAgent(host);
    }
    await this.#observer.ask({ do: "open", observed: this.#deployment.observed });
    this.#proxy.start();
    await this.untilAllBack(withinMs);
  }

  /** Runs a program of the bench on the clients' host, with a channel to it. */
  runClient(program: string, name: string): ChildProcess {
    const log = openSync(join(this.lan.run.directory, `${name}.log`), "a");
    try {
      const stdio: StdioOptions = ["ignore", log, log, "ipc"];
      return this.lan.host(CLIENT).run(process.execPath, ["--no-warnings", program], { stdio });
    } finally {
      closeSync(log);
    }
  }

  /** Nothing is started again from now on: the hosts are about to go. */
  close(): void {
    for (const unit of [...Object.values(this.#agents), ...Object.values(this.#etcds), this.#proxy]) unit.keepDown();
  }

  /** The host of a member loses power. */
  powerOff(member: string): void {
    this.#agents[member]?.keepDown();
    this.#etcds[member]?.keepDown();
    this.lan.host(member).powerOff();
  }

  /** Everything starts on it as after a boot; or etcd alone, until {@link startAgent}. */
  powerOn(member: string, what: "everything" | "etcd" = "everything"): void {
    this.lan.host(member).powerOn();
    this.startStore(member);
    if (what === "everything") this.startAgent(member);
  }

  startAgent(member: string): void {
    this.#agents[member]?.start();
  }

  /** Rejects with a {@link Failure} while it is down. */
  agentOf(member: string): number {
    const pid = this.#agents[member]?.pid ?? null;
    if (pid === null) throw new Failure(`The agent of "${member}" does not run.`);
    return pid;
  }

  /** Ends etcd on this host alone, until {@link startStore}. */
  endStore(member: string): void {
    const etcd = this.#etcds[member];
    etcd?.keepDown();
    if (etcd?.pid != null) process.kill(etcd.pid, "SIGKILL");
  }

  startStore(member: string): void {
    this.#etcds[member]?.start();
  }

  /** On which host the store's leader is; `null`: nobody says so. */
  storeLeader(): Promise<string | null> {
    return this.#observer.ask({ do: "leader", endpoints: this.#endpoints });
  }

  async leadStore(member: string): Promise<void> {
    await this.#observer.ask({ do: "lead", endpoints: this.#endpoints, member });
  }

  /** Where clients that write come in. */
  target(): Promise<Target> {
    return this.#deployment.login(this.lan.host(CLIENT).address, PROXY_PORT);
  }

  /** From now on every server is asked directly, from the clients' host and from its own, until {@link endWitness}. */
  async beginWitness(): Promise<void> {
    const found = this.members.map(
      async (member) => [member, await this.#deployment.login(this.lan.host(member).address, POSTGRES_PORT)] as const,
    );
    const members = Object.fromEntries(await Promise.all(found));
    await this.#observer.ask({ do: "prepare", target: await this.target() });
    await this.#observer.ask({ do: "witness", members });
    this.#locals = new LocalWitnesses(this.lan, members);
  }

  /** Every write that a server has acknowledged to one of them. */
  async endWitness(): Promise<readonly Witnessed[]> {
    const seen = await this.#observer.ask({ do: "end-witness" });
    this.#locals?.end();
    return [...seen, ...(this.#locals?.writes ?? [])];
  }

  record(): Promise<SeenRecord> {
    return this.#observer.ask({ do: "record" });
  }

  events(): Promise<readonly GroupEvent[]> {
    return this.#observer.ask({ do: "events" });
  }

  async untilAllBack(withinMs: number): Promise<void> {
    const missing = await this.#until(
      () => this.#observer.ask({ do: "missing" }).catch(messageOf),
      (found) => found === null,
      withinMs,
    );
    if (missing !== null) throw new Failure(`Not everything is back after ${withinMs / 1000} s: ${missing}.`);
  }

  async untilTermAbove(term: number, withinMs: number): Promise<boolean> {
    const now = (): Promise<number> =>
      this.record().then(
        (record) => record.term,
        () => term,
      );
    return (await this.#until(now, (found) => found > term, withinMs)) > term;
  }

  /** Waits until a term above `term` is open; `null`: none was in time, else who has it. */
  async untilOpenAbove(term: number, withinMs: number): Promise<string | null> {
    const now = (): Promise<string | null> =>
      this.record().then(
        (record) => (record.term > term && record.open ? record.primary : null),
        () => null,
      );
    return this.#until(now, (found) => found !== null, withinMs);
  }

  /** Runs a command of the program about this group. Never rejects. */
  command(name: string, ...options: readonly string[]): Promise<CommandResult> {
    const { observed } = this.#deployment;
    invariant(observed.kind === "ours", "only our own agents are asked for something");
    return command([name, ...options, "--config", observed.file], this.lan.run.directory);
  }

  /** Waits for a record that is so; resolves within some 10 ms of it, to whether it came. */
  async untilRecord(isSo: (record: SeenRecord) => boolean, withinMs: number): Promise<boolean> {
    const now = (): Promise<boolean> => this.record().then(isSo, () => false);
    return this.#until(now, (found) => found, withinMs, LOOK_SOON_MS);
  }

  /** Looks again and again until it is `right` or too late; returns what was seen last. */
  async #until<T>(
    look: () => Promise<T>,
    right: (seen: T) => boolean,
    withinMs: number,
    everyMs = LOOK_MS,
  ): Promise<T> {
    const endAtMs = systemClock.nowMs() + withinMs;
    for (;;) {
      const seen = await look();
      if (right(seen) || systemClock.nowMs() > endAtMs) return seen;
      await sleep(everyMs);
    }
  }

  get #endpoints(): Endpoints {
    return endpointsOf(this.lan, ETCD_PORT);
  }
}
