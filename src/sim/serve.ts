import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Agent } from "../agent/agent.ts";
import type { AgentPort } from "../api/agent-port.ts";
import { serveApi } from "../api/server.ts";
import { checkText } from "../config/load.ts";
import type { Config } from "../config/config.ts";
import { Bug, Failure } from "../lib/failure.ts";
import { FAULTS } from "./faults.ts";
import type { Node } from "./node.ts";
import type { Plan } from "./plan.ts";
import { World } from "./world.ts";

/** How often the world catches up with the real time. */
const TICK_MS = 20;

/** Between the bursts of a plan, when it is shown. */
const BETWEEN_MS = 20_000;

/** Where the API of the first agent listens besides its socket; the next ones' behind it. */
const PORT = 7701;

/**
 * Lets a plan happen in real time and serves the API of its agents, for screens and commands that need an incident: a
 * configuration and the agents' sockets are made in `directory`, so that every command of the program works with them.
 * Goes on until `signal`, then removes what it made.
 */
export async function serve(plan: Plan, directory: string, signal: AbortSignal): Promise<void> {
  const file = join(directory, "sim.yaml");
  const text = configText(plan);
  await mkdir(directory, { recursive: true, mode: 0o700 });
  await writeFile(file, text);
  const world = new World(plan.make);
  const config = configOf(file, text);
  for (const node of world.nodes) {
    await mkdir(join(directory, node.name), { recursive: true, mode: 0o700 });
    node.boot();
  }
  const places = world.nodes.map(({ name }) => ({
    socket: join(directory, name, "agent.sock"),
    address: config.nodes[name]?.api ?? null,
  }));
  const open = await Promise.all(
    world.nodes.map((node, i) => serveApi(new NodePort(node, config), places[i] ?? { socket: "", address: null })),
  );
  process.stdout.write(`See it with: understudy status --watch --config ${file}\n`);
  try {
    await playOut(world, plan, signal);
  } finally {
    for (const api of open) await api.close();
    for (const path of [file, ...world.nodes.map(({ name }) => join(directory, name))])
      await rm(path, { recursive: true, force: true });
  }
}

/** The bursts of the plan, one after the other, in real time. */
async function playOut(world: World, { episodes }: Plan, signal: AbortSignal): Promise<void> {
  let atMs = BETWEEN_MS;
  for (const { faults, lastsMs } of episodes) {
    for (const fault of faults) world.timeline.after(atMs + fault.atMs, () => show(world, fault));
    atMs += lastsMs + BETWEEN_MS;
  }
  const beganMs = performance.now();
  while (!signal.aborted) {
    await world.timeline.runUntil(performance.now() - beganMs);
    await sleep(TICK_MS);
  }
}

function show(world: World, fault: Plan["episodes"][number]["faults"][number]): void {
  const node =
    world.nodes.find(({ name }) => name === world.record?.primary && fault.member < 0) ??
    world.nodes[Math.max(0, fault.member)];
  if (node === undefined) return;
  process.stdout.write(`${fault.kind} (${node.name}, ${Math.round(fault.forMs)} ms)\n`);
  world.timeline.after(fault.forMs, FAULTS[fault.kind](world, node, fault));
}

function configText({ make }: Plan): string {
  const { members, durability, timing } = make.settings;
  const names = members.map(({ member }) => member);
  const need = durability.lossless === "off" ? "" : `\n    need: ${durability.need}`;
  return `cluster: sim
store: { sqlite: ./store.db }
nodes:
${names.map((name, i) => `  ${name}: { directory: ./${name}, api: 127.0.0.1:${PORT + i} }`).join("\n")}
groups:
  main:
    service: { postgres: {} }
    lossless: ${durability.lossless}${need}
    members: { ${names.map((name, i) => `${name}: { address: 127.0.0.1:${5441 + i} }`).join(", ")} }
takeover: { lease: ${timing.leaseMs}ms }
`;
}

function configOf(file: string, text: string): Config {
  const { config, problems } = checkText(file, text);
  if (config === null) throw new Bug(problems.map((problem) => problem.text).join("; "));
  return config;
}

/** The API of a node: that of the life which its agent has now. */
class NodePort implements AgentPort {
  readonly node: string;
  readonly #node: Node;
  readonly #config: Config;
  readonly #listeners = new Set<() => void>();
  #agent: Agent | null = null;
  #life: Node["life"] = null;

  constructor(node: Node, config: Config) {
    this.node = node.name;
    this.#node = node;
    this.#config = config;
  }

  status(): ReturnType<AgentPort["status"]> {
    return this.#now().status();
  }

  request(operation: Parameters<AgentPort["request"]>[0]): ReturnType<AgentPort["request"]> {
    return this.#now().request(operation);
  }

  events(group: string, limit: number): ReturnType<AgentPort["events"]> {
    return this.#now().events(group, limit);
  }

  onChange(then: () => void): () => void {
    this.#listeners.add(then);
    return () => this.#listeners.delete(then);
  }

  #now(): Agent {
    const { life, loop, world, name } = this.#node;
    const group = this.#config.groups["main"];
    if (life === null || loop === null || group === undefined) throw new Failure(`The agent of "${name}" does not run`);
    if (this.#agent !== null && this.#life === life) return this.#agent;
    const agent = new Agent({
      config: this.#config,
      node: name,
      version: "sim",
      ...life,
      guard: { kind: "sim", missing: null },
      newId: () => String(world.newId()),
    });
    agent.add({
      config: group,
      settings: world.settings,
      agent: loop,
      events: life.events,
      figures: () => [],
      close: async () => undefined,
    });
    this.#life = life;
    this.#agent = agent;
    return agent;
  }
}
