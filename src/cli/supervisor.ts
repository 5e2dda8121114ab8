import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { socketOf } from "../api/client.ts";
import { isAnswered } from "../api/server.ts";
import type { Config, NodeConfig } from "../config/config.ts";
import { sharedDirectory } from "../config/shared-directory.ts";
import { takeLock } from "../host/lock.ts";
import { Failure } from "../lib/failure.ts";
import { statusSocketPath } from "../routes/proxy/status-socket.ts";
import { KeptProcess } from "./kept-process.ts";

const MAIN = fileURLToPath(new URL("main.ts", import.meta.url));
/** A clean stop writes out what is in memory. */
const STOP_MS = 30_000;

/** What of a configuration is kept up: everything, or (on one of several hosts) one node's agent alone. */
interface Share {
  readonly nodes: readonly NodeConfig[];
  readonly routes: readonly Route[];
}

/** A configuration's processes on this machine: an agent for each node, a process for each proxy. */
export class Supervisor {
  readonly #config: Config;
  readonly #agents: readonly KeptProcess[];
  readonly #proxies: readonly KeptProcess[];
  readonly #release: () => void;

  private constructor(config: Config, { nodes, routes }: Share, say: (text: string) => void, release: () => void) {
    this.#config = config;
    this.#release = release;
    const keep = (name: string, files: ProcessFiles, ...args: readonly string[]): KeptProcess =>
      new KeptProcess({ name, ...files, args: [...args, "--config", config.file], config: config.file }, MAIN, say);
    this.#agents = nodes.map(({ node, directory }) =>
      keep(`agent ${node}`, { log: join(directory, "agent.log"), pidFile: null }, "agent", "--node", node),
    );
    this.#proxies = routes.map(({ group, route, files }) =>
      keep(`proxy ${route}`, files, "proxy", "--group", group, "--route", route),
    );
  }

  /**
   * Starts everything, or the agent of the node `only`, and from then on again whatever ends. Rejects with a {@link Failure} when agents or
   * proxies of that run already.
   */
  static async start(config: Config, say: (text: string) => void, only: string | null = null): Promise<Supervisor> {
    const share = shareOf(config, only);
    for (const { directory } of share.nodes) await mkdir(directory, { recursive: true, mode: 0o711 });
    const release = await lockOf(config, share);
    const running = await runningParts(config, share);
    if (running.length === 0) return new Supervisor(config, share, say, release);
    release();
    throw new Failure(`Of ${config.file} there run already: ${running.join(", ")}. ${howToEnd(share)}`);
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
async function lockOf(config: Config, { nodes }: Share): Promise<() => void> {
  const first = nodes[0]?.directory ?? "";
  const lock = await takeLock(join(first, "up.lock"));
  if (lock.taken) return lock.release;
  const by = lock.heldBy === null ? "" : ` (process ${lock.heldBy})`;
  throw new Failure(`"understudy up" runs already for ${config.file}${by}.`);
}

/** Agents and proxies that live without us: they outlive a supervisor that is killed. */
async function runningParts(config: Config, { nodes, routes }: Share): Promise<readonly string[]> {
  const agents = nodes.map(({ node }) => ({ name: `agent ${node}`, socket: socketOf(config, node) }));
  const proxies = routes.map(({ group, route }) => ({
    name: `proxy ${route}`,
    socket: statusSocketPath(sharedDirectory(config), group, route),
  }));
  const parts = [...agents, ...proxies].map(async ({ name, socket }) => ((await isAnswered(socket)) ? [name] : []));
  return (await Promise.all(parts)).flat();
}

/** How a person ends them. */
function howToEnd({ nodes, routes }: Share): string {
  const agents = nodes.map(({ directory }) => join(directory, "agent.pid"));
  const proxies = routes.flatMap(({ files }) => files.pidFile ?? []);
  const left = [...proxies, ...agents].filter((file) => existsSync(file));
  return `To stop them, with their services: kill -INT $(cat ${left.join(" ")})`;
}

function shareOf(config: Config, only: string | null): Share {
  const nodes = Object.values(config.nodes).filter(({ node }) => only === null || node === only);
  return { nodes, routes: only === null ? routesOf(config) : [] };
}

interface ProcessFiles {
  readonly log: string;
  readonly pidFile: string | null;
}

interface Route {
  readonly group: string;
  readonly route: string;
  /** With the group's first member, or the first node. */
  readonly files: ProcessFiles;
}

function routesOf(config: Config): readonly Route[] {
  return Object.values(config.groups).flatMap(({ group, members, routes }) => {
    const first = Object.keys(members)[0] ?? Object.keys(config.nodes)[0] ?? "";
    const directory = config.nodes[first]?.directory ?? "";
    return routes.map(({ name }) => ({
      group,
      route: name,
      files: { log: join(directory, `proxy-${name}.log`), pidFile: join(directory, `proxy-${name}.pid`) },
    }));
  });
}
