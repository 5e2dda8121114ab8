import { randomBytes } from "node:crypto";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { flushCompileCache } from "node:module";
import { hostname } from "node:os";
import { join } from "node:path";
import { Agent, type Part } from "./agent/agent.ts";
import { EventLog } from "./agent/event-log.ts";
import { GroupAgent } from "./agent/group-agent.ts";
import { Journal } from "./agent/journal.ts";
import { Reception } from "./agent/reception.ts";
import { loadSecrets } from "./agent/secrets.ts";
import { Seen } from "./agent/seen.ts";
import { SessionKeeper } from "./agent/session-keeper.ts";
import { settingsOf } from "./agent/settings.ts";
import { systemClock } from "./agent/system-clock.ts";
import { serveApi } from "./api/server.ts";
import { watchHealth } from "./checks/watch-health.ts";
import type { Address, Config, GroupConfig, NodeConfig } from "./config/config.ts";
import { timingOf } from "./core/timing.ts";
import type { Guard } from "./guards/guard.ts";
import type { Heartbeats } from "./heartbeats/heartbeats.ts";
import { heartbeatKey } from "./heartbeats/key.ts";
import { UdpHeartbeats } from "./heartbeats/udp.ts";
import { openGuard, type OpenedGuard } from "./guards/open-guard.ts";
import { takeLock } from "./host/lock.ts";
import { promptPriority } from "./host/priority.ts";
import { runOfMachine } from "./host/run-of-machine.ts";
import { tell } from "./host/tell.ts";
import { sleep } from "./lib/clock.ts";
import { Failure, messageOf, UserError } from "./lib/failure.ts";
import { openPostgres, type Postgres } from "./services/postgres/postgres.ts";
import { awaitStore } from "./store/await-store.ts";
import type { Store } from "./store/store.ts";
import { VERSION } from "./version.ts";

/** How long Ctrl-C waits for a node's services to stop. */
const LEAVE_MS = 25_000;
/** What was compiled by then is kept for the next start, however this one ends. */
const CACHE_AFTER_MS = 5000;
/** When a node's services are to stop, no work may hold that up; between two looks whether some has begun. */
const END_WORK_MS = 200;
/** Whatever then still holds the process (a program that is stuck in the kernel) is left behind. */
const LAST_MS = 5000;
/** Between attempts to get a group's secrets from the store. */
const AGAIN_MS = 200;

/** What `understudy agent` can be told besides the configuration. */
export interface AgentOptions {
  /** A person says that the store, which looks older than before, is right. */
  readonly acceptStore: boolean;
}

/**
 * Runs the agent of `node` until a signal ends it: SIGTERM leaves the services running (an upgrade; their
 * guard ends them if no agent comes back within the lease), SIGINT stops them first. This is the only place
 * that puts real parts together. Resolves when the agent has ended.
 */
export async function runAgent(config: Config, node: string, options: AgentOptions): Promise<void> {
  const own = nodeOf(config, node);
  await mkdir(own.directory, { recursive: true, mode: 0o711 });
  const release = await lockOf(own);
  const log = (text: string): void => tell(`${new Date().toISOString()} ${node} ${text}`);
  try {
    await writeFile(join(own.directory, "agent.pid"), `${process.pid}\n`).catch((error: unknown) =>
      log(`Its process id is in no file: ${messageOf(error)}`),
    );
    await runLocked(config, own, options, log);
  } finally {
    await rm(join(own.directory, "agent.pid"), { force: true });
    release();
    setTimeout(() => process.exit(), LAST_MS).unref();
  }
}

function nodeOf(config: Config, node: string): NodeConfig {
  const own = config.nodes[node];
  if (own === undefined)
    throw new UserError(`There is no node "${node}" in ${config.file}; it has ${Object.keys(config.nodes).join(", ")}`);
  return own;
}

async function lockOf(own: NodeConfig): Promise<() => void> {
  const lock = await takeLock(join(own.directory, "agent.lock"));
  if (lock.taken) return lock.release;
  const by = lock.heldBy === null ? "" : ` (process ${lock.heldBy})`;
  throw new UserError(`The agent of "${own.node}" runs already${by}: it holds ${join(own.directory, "agent.lock")}`);
}

async function runLocked(
  config: Config,
  own: NodeConfig,
  options: AgentOptions,
  log: (text: string) => void,
): Promise<void> {
  const ending = endingOf(log);
  promptPriority();
  await using open = new AsyncDisposableStack();
  const reception = new Reception(own.node);
  const api = await serveApi(reception, { socket: join(own.directory, "agent.sock"), address: own.api });
  open.defer(() => api.close());
  const store = await storeOf(config, reception, ending, log);
  if (store === null) return;
  open.defer(() => store.close());
  const { guard, missing } = await guardOf(config, own, log);
  let how: Ending = "leave";
  open.defer(() => guard.close(how === "stop"));
  const heartbeats = heartbeatsOf(config, own);
  open.defer(() => heartbeats?.close());
  const newId = (): string => randomBytes(8).toString("hex");
  let agent: Agent | null = null;
  const session = new SessionKeeper({
    node: own.node,
    home: `${hostname()}:${own.directory}`,
    machine: runOfMachine(),
    version: VERSION,
    api: own.api === null ? null : `${own.api.host}:${own.api.port}`,
    store,
    clock: systemClock,
    timing: timingOf(config.takeover.leaseMs),
    newId,
    held: () => agent?.loops.filter((loop) => loop.isHolder).map((loop) => loop.settings.group) ?? [],
    reports: () => Object.fromEntries(agent?.loops.map((loop) => [loop.settings.group, loop.report()]) ?? []),
    onChange: () => {
      heartbeats?.say(session.id);
      agent?.loops.forEach((loop) => loop.ring());
    },
    onStolen: (text) => ending.now("stolen", text),
    log,
  });
  agent = new Agent({
    config,
    node: own.node,
    version: VERSION,
    store,
    session,
    heartbeats,
    guard: { kind: guard.kind, missing },
    clock: systemClock,
    newId,
  });
  const running = agent;
  heartbeats?.onChange(() => running.loops.forEach((loop) => loop.ring()));
  open.defer(() => running.close());
  reception.handOver(agent);
  await session.renew();
  const services: Postgres[] = [];
  const parts = {
    config,
    own,
    store,
    identity: await store.identity(),
    guard,
    session,
    heartbeats,
    options,
    log,
    ending,
    services,
  };
  const groups = Object.values(config.groups).filter((group) => group.members[own.node] !== undefined);
  open.defer(systemClock.after(CACHE_AFTER_MS, flushCompileCache));
  const joined = Promise.all(groups.map((group) => joinGroup(running, { ...parts, group })));
  how = await Promise.race([ending.promise, joined.then(() => ending.promise)]);
  if (how === "stop") await leave(agent, services).catch((error: unknown) => log(messageOf(error)));
  if (how === "stolen" || how === "broken") process.exitCode = 1;
}

/** The store, as soon as it can be had; `null`: the agent ends first. */
async function storeOf(
  config: Config,
  reception: Reception,
  ending: EndingBell,
  log: (text: string) => void,
): Promise<Store | null> {
  const stop = new AbortController();
  void ending.promise.then(() => stop.abort());
  const since = new Date().toISOString();
  const away = (because: string): void => {
    log(`Waiting for the store: ${because}`);
    reception.waits(`the store has not answered since ${since}. ${because} It begins by itself as soon as it can.`);
  };
  return Promise.race([awaitStore(config.store, { away, signal: stop.signal }), ending.promise.then(() => null)]);
}

/** The guard of this node's members. */
function guardOf({ guard, groups }: Config, own: NodeConfig, log: (text: string) => void): Promise<OpenedGuard> {
  const subjects = Object.values(groups).flatMap(({ group, members }) => {
    const { [own.node]: member, ...others } = members;
    if (member === undefined) return [];
    return { group, address: member.address, members: Object.values(others).flatMap(({ from }) => from) };
  });
  return openGuard({ directory: own.directory, wish: guard, subjects, clock: systemClock, log });
}

/** `null`: the file gives the nodes no addresses for heartbeats. */
function heartbeatsOf({ cluster, nodes, heartbeats, takeover }: Config, own: NodeConfig): Heartbeats | null {
  if (own.heartbeat === null) return null;
  const addresses: Record<string, Address> = {};
  for (const { node, heartbeat } of Object.values(nodes)) if (heartbeat !== null) addresses[node] = heartbeat;
  const key = heartbeatKey(heartbeats.keyFile, heartbeats.makeKey);
  const timing = timingOf(takeover.leaseMs);
  return new UdpHeartbeats({ cluster, me: own.node, addresses, key, timing, clock: systemClock });
}

/** Stops all services. New data that is being made is given up for that: it may take hours. */
async function leave(agent: Agent, services: readonly Postgres[]): Promise<void> {
  const left = agent.leave(LEAVE_MS);
  const endMaking = (): void => services.forEach((service) => service.endMaking());
  endMaking();
  const timer = setInterval(endMaking, END_WORK_MS);
  await left.finally(() => clearInterval(timer));
}

interface JoinParts {
  readonly config: Config;
  readonly own: NodeConfig;
  readonly group: GroupConfig;
  readonly store: Store;
  readonly identity: string;
  readonly guard: Guard;
  readonly session: SessionKeeper;
  readonly heartbeats: Heartbeats | null;
  readonly options: AgentOptions;
  readonly log: (text: string) => void;
  readonly ending: EndingBell;
  readonly services: Postgres[];
}

/** Puts one group's loop together and hands it to the agent, as soon as the store has the group's secrets. */
async function joinGroup(agent: Agent, parts: JoinParts): Promise<void> {
  const { config, own, group, store, identity, guard, session, heartbeats, log, ending } = parts;
  const member = group.members[own.node];
  if (member === undefined) return;
  const memberDirectory = join(own.directory, group.group);
  await mkdir(memberDirectory, { recursive: true, mode: 0o711 });
  const founds = Object.keys(group.members)[0] === own.node;
  const secrets = await secretsOf(parts, founds);
  if (secrets === null) return;
  const settings = settingsOf(config, group, true);
  let loop: GroupAgent | null = null;
  const service = await openPostgres({
    group: group.group,
    config: group.service,
    member,
    members: group.members,
    memberDirectory,
    secrets,
    tls: null,
    expectedDataId: () => loop?.observed.record?.dataId ?? null,
    clock: systemClock,
    timing: settings.timing,
  });
  parts.services.push(service);
  const health = watchHealth({ checks: group.checks, member, config: group.service, secrets, clock: systemClock });
  const journal = await Journal.open(join(memberDirectory, "journal.jsonl"));
  const seen = await Seen.open(join(memberDirectory, "seen.jsonl"), parts.options.acceptStore);
  const events = new EventLog(store, systemClock, group.group, own.node, log);
  loop = new GroupAgent({
    me: own.node,
    settings,
    store,
    storeId: identity,
    service,
    guard,
    session,
    heartbeats,
    seen,
    journal,
    events,
    clock: systemClock,
    health: health.state,
    changed: () => agent.changed(),
    broken: (error) => ending.now("broken", error instanceof Error ? (error.stack ?? error.message) : String(error)),
  });
  const part: Part = {
    config: group,
    settings,
    agent: loop,
    events,
    async close() {
      health.close();
      await service.close();
      await journal.close();
      await seen.close();
    },
  };
  agent.add(part);
  log(`member of group "${group.group}"`);
}

/** The group's secrets; waits for the founder to make them, and for a store that does not answer. `null`: the agent ends first. */
async function secretsOf(parts: JoinParts, founds: boolean): ReturnType<typeof loadSecrets> {
  const { store, group, log, ending } = parts;
  let told = "";
  while (!ending.rung) {
    try {
      const secrets = await loadSecrets(store, group.group, founds);
      if (secrets !== null) return secrets;
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      if (told !== error.message) log(error.message);
      told = error.message;
    }
    await sleep(systemClock, AGAIN_MS);
  }
  return null;
}

/** `leave`: the agent alone ends; `stop`: its services too; `stolen`, `broken`: it must not go on. */
type Ending = "leave" | "stop" | "stolen" | "broken";

interface EndingBell {
  readonly promise: Promise<Ending>;
  readonly rung: boolean;
  now(how: Ending, text: string): void;
}

/** Rings once, by a signal or by {@link EndingBell.now}. */
function endingOf(log: (text: string) => void): EndingBell {
  let rung = false;
  let resolve: (how: Ending) => void = () => undefined;
  const promise = new Promise<Ending>((r) => (resolve = r));
  const now = (how: Ending, text: string): void => {
    if (!rung) log(text);
    rung = true;
    resolve(how);
  };
  process.on("SIGTERM", () => now("leave", "SIGTERM: the agent ends, its services go on until the guard's deadline"));
  process.on("SIGINT", () => now("stop", "SIGINT: the services are stopped"));
  return {
    promise,
    now,
    get rung() {
      return rung;
    },
  };
}
