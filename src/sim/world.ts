import type { Decision, RuleName } from "../core/decision.ts";
import { decide } from "../core/decide.ts";
import type { GroupRecord } from "../core/record.ts";
import type { Settings, View } from "../core/view.ts";
import type { DecisionLog } from "../agent/journal.ts";
import { messageOf } from "../lib/failure.ts";
import { Air } from "./air.ts";
import type { Check } from "./checks/check.ts";
import { Client } from "./client.ts";
import { History } from "./history.ts";
import { Host, Process } from "./host.ts";
import { Network } from "./network.ts";
import { Node } from "./node.ts";
import { Operator } from "./operator.ts";
import { Proxy } from "./proxy.ts";
import { Random } from "./random.ts";
import { Server } from "./server.ts";
import { shareParsed } from "./shared-json.ts";
import { StoreServer } from "./store.ts";
import { Timeline } from "./timeline.ts";
import type { Entry } from "./wal.ts";

shareParsed();

/** What a world is made of. */
export interface Make {
  readonly seed: string;
  readonly settings: Settings;
  /** Whether the agents send heartbeats. */
  readonly heartbeats: boolean;
  /** The clock rate of each member's host. */
  readonly rates: readonly number[];
  readonly clients: number;
  readonly clientPauseMs: number;
}

/** Something that must never happen, and did. */
export interface Violation {
  readonly what: string;
  readonly because: string;
  readonly atMs: number;
}

/** At which step of whom something shall happen; see `enumerate.ts`. */
export interface StepTrap {
  readonly member: string;
  /** The so manieth step, or, with `step`, the so manieth of that name. */
  readonly at: number;
  readonly step?: string;
  /** `die and stray`: right after it, and what it has sent in it is long on its way. */
  readonly how: "die before" | "die after" | "die and stray" | "hang";
}

/** For how long an agent that hangs at a step hangs. */
const HANG_MS = 3000;

/** A line of the incident report. */
export interface Note {
  readonly atMs: number;
  readonly who: string;
  readonly text: string;
}

/** All that there is: hosts, network, store, servers, agents, proxies and their clients, and who watches them. */
export class World {
  readonly name: string;
  /** As it was at the beginning. */
  readonly settings: Settings;
  /** As a person wants it now; the hosts get it one after the other. */
  configured: Settings;
  readonly timeline = new Timeline();
  readonly random: Readonly<Record<"network" | "heartbeats" | "store" | "disk" | "service" | "faults", Random>>;
  readonly network: Network;
  /** `null`: there are no heartbeats. */
  readonly air: Air | null;
  readonly store: StoreServer;
  readonly history: History;
  readonly nodes: readonly Node[];
  readonly servers: readonly Server[];
  readonly clients: readonly Client[];
  /** One, or, in a group without data, two of the same route, each with clients of its own. */
  readonly proxies: readonly Proxy[];
  readonly operator: Operator;
  readonly clientPauseMs: number;
  readonly violations: Violation[] = [];
  readonly marks = new Set<string>();
  readonly notes: Note[] = [];
  readonly rules = new Set<RuleName>();
  /** Of the actions of the service: they fail at once. */
  failingActions = 0;
  /** Of the promotions: they succeed, and three seconds late. */
  latePromotions = 0.03;
  trap: StepTrap | null = null;
  readonly steps: Record<string, number> = {};
  /** A hash of all that happened, to compare two runs of a seed. */
  trace = 0;
  record: GroupRecord | null = null;
  readonly #slowDisks = new Map<string, number>();
  readonly #servers: ReadonlyMap<string, Server>;
  readonly #deaths = new Map<Server, Set<() => void>>();
  #ids = 0;
  /** Nothing happens any more from then on. */
  endAtMs = Infinity;
  /** How often the step that the trap names was done. */
  #named = 0;
  #revision = 0;

  constructor({ seed, settings, heartbeats, rates, clients, clientPauseMs }: Make) {
    const random = new Random(seed);
    this.name = seed;
    this.settings = settings;
    this.configured = settings;
    this.clientPauseMs = clientPauseMs;
    const of = (part: string): Random => random.of(part);
    this.random = {
      network: of("network"),
      heartbeats: of("heartbeats"),
      store: of("store"),
      disk: of("disk"),
      service: of("service"),
      faults: of("faults"),
    };
    this.network = new Network(this.timeline, this.random.network);
    this.air = heartbeats ? new Air(this) : null;
    this.store = new StoreServer(this);
    this.history = new History(this);
    this.nodes = settings.members.map(({ member }, i) => {
      const host = new Host(member, this.timeline, rates[i] ?? 1, 1000 + 777 * i);
      return new Node(this, host, new Server(this, member, host));
    });
    this.servers = this.nodes.map((node) => node.server);
    this.#servers = new Map(this.servers.map((server) => [server.member, server]));
    const outside = new Host("proxy", this.timeline, 1, 5000);
    const hosts = settings.hasData ? [outside] : [outside, new Host("proxy 2", this.timeline, 1, 6000)];
    this.proxies = hosts.map((host) => new Proxy(this, new Process(host)));
    this.operator = new Operator(this, outside);
    this.clients = Array.from(
      { length: clients },
      (_, i) => new Client(this, new Process(outside), this.proxies[i % hosts.length] as Proxy, of(`client ${i}`)),
    );
  }

  get isLossless(): boolean {
    return this.settings.durability.lossless !== "off";
  }

  server(member: string): Server | undefined {
    return this.#servers.get(member);
  }

  node(member: string): Node {
    const node = this.nodes.find((n) => n.name === member);
    if (node === undefined) throw new Error(`no member ${member}`);
    return node;
  }

  newId(): number {
    return ++this.#ids;
  }

  newEntry(term: number, opens: Entry["opens"] = null): Entry {
    return { id: this.newId(), opens, term };
  }

  newIncarnation(): string {
    return `copy-${this.newId()}`;
  }

  /** How much slower than usual the disk of `member` is. */
  diskFactor(member: string): number {
    return this.#slowDisks.get(member) ?? 1;
  }

  slowDisk(member: string, factor: number): void {
    this.#slowDisks.set(member, factor);
  }

  busyClients(server: Server): number {
    return this.proxies.reduce((sum, proxy) => sum + proxy.busy(server), 0);
  }

  /** The driver on that host may have something new to see. */
  ring(member: string): void {
    const { service } = this.node(member);
    this.timeline.after(this.random.service.between(0.1, 2), () => service?.ring());
  }

  /** All processes of a server ended. Those who keep a connection to it hear of it, if its host can still say so. */
  died(server: Server): void {
    this.note(server.member, "its server has ended");
    for (const then of this.#deaths.get(server) ?? []) then();
    this.#deaths.delete(server);
    this.ring(server.member);
    for (const { service, host } of this.nodes) {
      if (service?.observed !== server.member || !server.host.isUp) continue;
      this.network.carry(server.host.name, host.name, () => service.ring());
    }
  }

  onDeath(server: Server, then: () => void): void {
    const waiting = this.#deaths.get(server) ?? new Set();
    if (waiting.size > 50) waiting.clear();
    waiting.add(then);
    this.#deaths.set(server, waiting);
  }

  /** A transaction was applied. */
  recordMayHaveChanged(): void {
    const before = this.record;
    const { value = null, revision = 0 } = this.store.data.read(["group/main"])[0] ?? {};
    if (revision === this.#revision || value === null) return;
    this.#revision = revision;
    const after = value === null ? null : (JSON.parse(value) as GroupRecord);
    if (after?.rev === before?.rev && after?.term === before?.term) return;
    this.record = after;
    if (after !== null) this.store.keep(after.rev);
    this.note(
      "record",
      `term ${after?.term} ${after?.open === true ? "open" : "closed"} ${after?.primary ?? "vacant"}: ${after?.because}`,
    );
    this.history.recordChanged(before, after);
  }

  violated(check: Check, because: string): void {
    this.violate(check.proves, because);
  }

  /** Our own code has found an invariant broken. */
  broke(error: unknown): void {
    this.violate(
      "no invariant of our own is broken",
      error instanceof Error ? (error.stack ?? error.message) : messageOf(error),
    );
  }

  /** Something rare happened that the seeds must reach. */
  mark(name: string): void {
    this.marks.add(name);
  }

  note(who: string, text: string): void {
    this.notes.push({ atMs: this.timeline.nowMs, who, text });
    this.#hash(`${who} ${text}`);
  }

  #hash(text: string): void {
    let hash = this.trace ^ Math.floor(this.timeline.nowMs * 1000);
    for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
    this.trace = hash;
  }

  /** What an agent decided is judged again from its view alone: the same view must give the same decision. */
  journalOf(node: Node): DecisionLog {
    const note = (view: View, decision: Decision): void => {
      this.history.decided(node, view, decision);
      this.note(node.name, `${decision.rule}: ${decision.because}`);
      if (decision.rule === "stop-receiving" && decision.because.includes("no heartbeat"))
        this.mark("silent heartbeats led to a suspicion");
      if (view.service.followers.some(({ streaming }) => !streaming)) this.mark("a standby was taken for lost");
      if (decide(view).rule !== decision.rule)
        this.broke(new Error(`"${decision.rule}" is not decided again from its view`));
    };
    return { problem: null, note };
  }

  /** One step of `process`, an agent's; `false`: it has died at it. */
  step(process: Process, name: string): boolean {
    if (!process.isAlive) return false;
    const node = this.nodes.find((n) => n.agent === process);
    if (node === undefined) return true;
    const at = (this.steps[node.name] = (this.steps[node.name] ?? 0) + 1);
    const { trap } = this;
    if (trap === null || trap.member !== node.name || (trap.step ?? name) !== name) return true;
    if (trap.at !== (trap.step === undefined ? at : ++this.#named)) return true;
    this.note(node.name, `its agent ${trap.how === "hang" ? "hangs" : "dies"} at step ${at}, "${name}"`);
    return this.#spring(trap, node, process);
  }

  #spring(trap: StepTrap, node: Node, process: Process): boolean {
    if (trap.how === "die before") {
      node.crash();
      return false;
    }
    if (trap.how === "die and stray") this.#strayOnce();
    if (trap.how.startsWith("die")) this.timeline.after(0, () => node.agent === process && node.crash());
    else {
      process.pause();
      this.timeline.after(HANG_MS, () => process.resume());
    }
    return true;
  }

  /** What is sent in this very moment strays. */
  #strayOnce(): void {
    const { weather } = this.network;
    this.network.weather = { ...weather, strays: 1 };
    this.timeline.after(0, () => (this.network.weather = weather));
  }

  violate(what: string, because: string): void {
    this.violations.push({ what, because, atMs: this.timeline.nowMs });
    this.note("VIOLATION", `${what}: ${because}`);
  }
}
