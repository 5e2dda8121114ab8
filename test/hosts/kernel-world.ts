import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { Address, Config } from "../../src/config/config.ts";
import { ALONE } from "../../src/core/commit-rule.ts";
import { keys } from "../../src/core/keys.ts";
import { founded, openTerm, take, type GroupRecord } from "../../src/core/record.ts";
import { openStore } from "../../src/store/open-store.ts";
import type { Store } from "../../src/store/store.ts";
import { Lan } from "./lan.ts";
import { Peer } from "./peer-handle.ts";
import { inNamespace } from "./system.ts";

const PROGRAM = fileURLToPath(new URL("../routes/route-program.ts", import.meta.url));
const copy = { member: "a", incarnation: "1" };
const zero = { term: 0, offset: 0 };
const opened = openTerm(
  take(founded("db", ["a", "b"], copy, zero, [], "id", "test"), copy, "s", zero, [], ALONE, "test"),
  "test",
);

export const LEASE_MS = 2000;

/** What a server prints has been read by then. */
const SAID_MS = 3000;

/** Members `a` and `b`, a router `r` whose kernel leads clients, and a client's host `c`; the store is a file that all see. */
export class KernelWorld {
  readonly lan: Lan;
  readonly at: Address;
  readonly #store: Store;
  readonly #config: Config;
  readonly servers: Readonly<Record<string, Peer>>;
  route: ChildProcess | null = null;
  said = "";

  private constructor(lan: Lan, store: Store, config: Config, at: Address, servers: Readonly<Record<string, Peer>>) {
    this.lan = lan;
    this.#store = store;
    this.#config = config;
    this.at = at;
    this.servers = servers;
  }

  static async start(): Promise<KernelWorld> {
    const lan = new Lan(["a", "b", "r", "c"]);
    const [a, b, r] = [lan.host("a"), lan.host("b"), lan.host("r")];
    const servers = { a: await Peer.serving(a), b: await Peer.serving(b) };
    const at = { host: r.address, port: 5000 };
    const config = configOf(r.directory, { a: a.address, b: b.address }, at);
    return new KernelWorld(lan, await openStore(config.store), config, at, servers);
  }

  /** Whether the router forwards at all. */
  forward(isForwarding: boolean): void {
    this.onRouter("sysctl", "-qw", `net.ipv4.ip_forward=${isForwarding ? 1 : 0}`);
  }

  /** A program of the system on the router, to its end. */
  onRouter(program: string, ...args: readonly string[]): string {
    return inNamespace(`${this.lan.run.name}-r`, program, args);
  }

  /** Starts the route's process; resolves once it is open, or has ended. */
  async startRoute(change: Partial<Address> = {}): Promise<void> {
    const config = withListen(this.#config, { ...this.at, ...change });
    const child = this.lan.host("r").run(process.execPath, ["--no-warnings", PROGRAM, JSON.stringify(config)], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.route = child;
    this.said = "";
    child.stderr?.on("data", (chunk: Buffer) => (this.said += chunk.toString()));
    await Promise.race([child.stdout && once(child.stdout, "data"), once(child, "exit")]);
  }

  async killRoute(): Promise<void> {
    const child = this.route;
    if (child === null) return;
    child.kill("SIGKILL");
    await once(child, "exit");
  }

  /** Writes the record: who is open primary in which term. */
  async lead(term: number, primary: string | null): Promise<void> {
    const record: GroupRecord = {
      ...opened,
      term,
      rev: term * 10 + (primary === null ? 1 : 0),
      primary,
      open: primary !== null,
    };
    await this.#store.transact({ expect: [], write: [{ key: keys.group("db"), value: JSON.stringify(record) }] });
  }

  /** A client that connects through the route. */
  client(from = "c"): Peer {
    return new Peer(this.lan.host(from), "connect", this.at.host, this.at.port);
  }

  /** The same, served. */
  async served(from = "c", withinMs = 5000): Promise<Peer> {
    const client = this.client(from);
    await client.says("connected", withinMs);
    return client;
  }

  /** How many connections a member's server has accepted, once that has come to `count`, or has not for a while: a server says so by another way than its answer comes. */
  async acceptedBy(member: string, count: number): Promise<number> {
    for (const endAtMs = performance.now() + SAID_MS; this.accepted(member) < count && performance.now() < endAtMs;)
      await sleep(5);
    return this.accepted(member);
  }

  accepted(member: string): number {
    return this.servers[member]?.lines.filter((line) => "accepted" in line).length ?? 0;
  }

  async end(): Promise<void> {
    await this.#store.close();
    this.lan.end();
  }
}

function withListen(config: Config, listen: Address): Config {
  const group = config.groups["db"] as Config["groups"][string];
  const routes = [{ kind: "kernel", name: "main", listen, readOnly: null, holdMs: 10_000 }] as const;
  return { ...config, groups: { db: { ...group, routes } } };
}

function configOf(directory: string, members: Readonly<Record<string, string>>, at: Address): Config {
  const member = (name: string, host: string): Config["groups"][string]["members"][string] => ({
    member: name,
    address: { host, port: 7000 },
    from: [],
    priority: 1,
    follows: null,
    delayMs: 0,
    data: directory,
  });
  const config: Config = {
    file: join(directory, "understudy.yaml"),
    cluster: "test",
    guard: "process",
    credentials: null,
    store: { kind: "sqlite", file: join(directory, "store.db") },
    nodes: {},
    groups: {
      db: {
        group: "db",
        service: {
          kind: "postgres",
          programs: null,
          runAs: null,
          database: "app",
          user: "app",
          clients: [],
          parameters: {},
        },
        durability: { lossless: "off", maxLossBytes: 0 },
        members: Object.fromEntries(Object.entries(members).map(([name, host]) => [name, member(name, host)])),
        checks: [],
        judges: "own",
        routes: [],
      },
    },
    heartbeats: { keyFile: "", makeKey: false },
    takeover: { leaseMs: LEASE_MS, drainMs: 500 },
  };
  return withListen(config, at);
}
