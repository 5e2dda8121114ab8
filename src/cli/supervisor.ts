import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { socketOf } from "../api/client.ts";
import { isAnswered } from "../api/server.ts";
import type { Config } from "../config/config.ts";
import { takeLock } from "../host/lock.ts";
import { Failure } from "../lib/failure.ts";
import { KeptProcess } from "./kept-process.ts";

const MAIN = fileURLToPath(new URL("main.ts", import.meta.url));
/** A clean stop writes out what is in memory. */
const STOP_MS = 30_000;

/** Everything of a configuration on this machine: an agent for each node, a process for each proxy. */
export class Supervisor {
  readonly #config: Config;
  readonly #agents: readonly KeptProcess[];
  readonly #proxies: readonly KeptProcess[];
  readonly #release: () => void;

  private constructor(config: Config, say: (text: string) => void, release: () => void) {
    this.#config = config;
    this.#release = release;
    const keep = (name: string, files: ProcessFiles, ...args: readonly string[]): KeptProcess =>
      new KeptProcess({ name, ...files, args: [...args, "--config", config.file] }, MAIN, say);
    this.#agents = Object.values(config.nodes).map(({ node, directory }) =>
      keep(`agent ${node}`, { log: join(directory, "agent.log"), pidFile: null }, "agent", "--node", node),
    );
    this.#proxies = routesOf(config).map(({ group, route, files }) =>
      keep(`proxy ${route}`, files, "proxy", "--group", group, "--route", route),
    );
  }

  /**
   * Starts everything, and from then on again whatever ends. Rejects with a {@link Failure} when agents of
   * the configuration run already.
   */
  static async start(config: Config, say: (text: string) => void): Promise<Supervisor> {
    for (const { directory } of Object.values(config.nodes)) await mkdir(directory, { recursive: true, mode: 0o711 });
    const release = await lockOf(config);
    const running: string[] = [];
    for (const node of Object.keys(config.nodes)) if (await isAnswered(socketOf(config, node))) running.push(node);
    if (running.length === 0) return new Supervisor(config, say, release);
    release();
    throw new Failure(`${agentsOf(running)} running already. ${howToEnd(config, running)}`);
  }

  /** Stops everything in good order: first the proxies let work end, then all agents stop their services. */
  async stop(): Promise<void> {
    const drainMs = this.#config.takeover.drainMs + 1000;
    await Promise.all(this.#proxies.map((proxy) => proxy.stop("SIGTERM", drainMs)));
    await Promise.all(this.#agents.map((agent) => agent.stop("SIGINT", STOP_MS)));
    this.#release();
  }
}

/** One supervisor at a time; the lock lies with the first node. */
async function lockOf(config: Config): Promise<() => void> {
  const first = Object.values(config.nodes)[0]?.directory ?? "";
  const lock = await takeLock(join(first, "up.lock"));
  if (lock.taken) return lock.release;
  const by = lock.heldBy === null ? "" : ` (process ${lock.heldBy})`;
  throw new Failure(`"understudy up" runs already for ${config.file}${by}.`);
}

function agentsOf(nodes: readonly string[]): string {
  return nodes.length === 1
    ? `The agent of "${nodes[0]}" is`
    : `The agents of ${nodes.map((n) => `"${n}"`).join(", ")} are`;
}

/** They and the proxies outlive a supervisor that is killed; this is how a person ends them. */
function howToEnd(config: Config, nodes: readonly string[]): string {
  const agents = nodes.map((node) => join(config.nodes[node]?.directory ?? "", "agent.pid"));
  const proxies = routesOf(config).flatMap(({ files }) => files.pidFile ?? []);
  const left = [...proxies, ...agents].filter((file) => existsSync(file));
  return `To stop them, their services and proxies: kill -INT $(cat ${left.join(" ")})`;
}

interface ProcessFiles {
  readonly log: string;
  readonly pidFile: string | null;
}

interface Route {
  readonly group: string;
  readonly route: string;
  /** With the group's first member. */
  readonly files: ProcessFiles;
}

function routesOf(config: Config): readonly Route[] {
  return Object.values(config.groups).flatMap(({ group, members, routes }) => {
    const first = Object.keys(members)[0] ?? "";
    const directory = config.nodes[first]?.directory ?? "";
    return routes.map(({ name }) => ({
      group,
      route: name,
      files: { log: join(directory, `proxy-${name}.log`), pidFile: join(directory, `proxy-${name}.pid`) },
    }));
  });
}
