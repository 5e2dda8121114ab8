import { randomBytes } from "node:crypto";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { flushCompileCache } from "node:module";
import { hostname } from "node:os";
import { join } from "node:path";
import { Agent } from "./agent/agent.ts";
import { Reception } from "./agent/reception.ts";
import { SessionKeeper } from "./agent/session-keeper.ts";
import { systemClock } from "./agent/system-clock.ts";
import { serveApi } from "./api/server.ts";
import { exitCodes } from "./cli/exit.ts";
import type { Config, NodeConfig } from "./config/config.ts";
import { timingOf } from "./core/timing.ts";
import { openGuard, type OpenedGuard } from "./guards/open-guard.ts";
import { takeLock } from "./host/lock.ts";
import { promptPriority } from "./host/priority.ts";
import { runOfMachine } from "./host/run-of-machine.ts";
import { tell } from "./host/tell.ts";
import { sleep } from "./lib/clock.ts";
import { Failure, messageOf, UserError } from "./lib/failure.ts";
import type { AgentOptions } from "./run/agent-options.ts";
import { endingOf, type Ending, type EndingBell } from "./run/ending.ts";
import { joinGroup } from "./run/join-group.ts";
import { keepUp } from "./run/keep-up.ts";
import { answerPeers, heartbeatsOf, membershipOf, standingOf } from "./run/peers.ts";
import { awaitStore } from "./store/await-store.ts";
import type { Store } from "./store/store.ts";
import { VERSION } from "./version.ts";

/** How long Ctrl-C waits for a node's services to stop. */
const LEAVE_MS = 25_000;
/** What was compiled by then is kept for the next start, however this one ends. */
const CACHE_AFTER_MS = 5000;
/** Whatever then still holds the process (a program that is stuck in the kernel) is left behind. */
const LAST_MS = 5000;

/**
 * Runs the agent of `node` until a signal ends it: SIGTERM leaves the services running (an upgrade; their
 * guard ends them if no agent comes back within the lease), SIGINT stops them first. When the configuration that all nodes share
 * changes, it begins anew in the same process. This and `src/run` are the only places that put real parts together. Resolves when the agent has ended.
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
    let { how, next } = await runLocked(config, own, options, log);
    while (how === "reconfigure" && next !== null)
      ({ how, next } = await runLocked(next, nodeOf(next, node), options, log));
    if (how === "stolen" || how === "broken") process.exitCode = exitCodes.failed;
    // Whoever starts it again would be told the same.
    if (how === "removed") process.exitCode = exitCodes.bad;
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
): Promise<{ readonly how: Ending; readonly next: Config | null }> {
  using ending = endingOf(log);
  promptPriority();
  await using open = new AsyncDisposableStack();
  const reception = new Reception(own.node);
  let membership: ReturnType<typeof membershipOf> | null = null;
  const api = await serveApi(reception, {
    socket: join(own.directory, "agent.sock"),
    address: own.api,
    membership: async () => (membership ?? waiting)(),
  });
  open.defer(() => api.close());
  const store = await storeOf(config, reception, ending, log);
  if (store === null) return { how: await ending.promise, next: null };
  open.defer(() => store.close());
  const standing = await standingOf(config, own, store);
  membership = membershipOf(config, own, { store, standing, log });
  open.defer(answerPeers(config, own, standing, { port: reception, membership, log }));
  const { guard, missing } = await guardOf(config, own, log);
  let how: Ending = "leave";
  open.defer(() => guard.close(how === "stop" || how === "removed"));
  const heartbeats = heartbeatsOf(config, own, standing?.authority ?? null);
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
  const parts = {
    config,
    own,
    store,
    identity: await store.identity(),
    guard,
    session,
    heartbeats,
    tls: standing?.credentials ?? null,
    options,
    log,
    ending,
  };
  const groups = Object.values(config.groups).filter((group) => group.members[own.node] !== undefined);
  open.defer(systemClock.after(CACHE_AFTER_MS, flushCompileCache));
  const joined = Promise.all(groups.map((group) => joinGroup(running, { ...parts, group })));
  const isHolder = (): boolean => running.loops.some((loop) => loop.isHolder);
  open.defer(keepUp({ config, own, store, log, ending, standing, isHolder, renew: () => session.renew() }));
  how = await Promise.race([ending.promise, joined.then(() => ending.promise)]);
  if (how === "stop" || how === "removed") await agent.leave(LEAVE_MS).catch((error: unknown) => log(messageOf(error)));
  // Nothing of this life may begin within the next one.
  if (how === "reconfigure") await Promise.race([joined.catch(() => undefined), sleep(systemClock, LAST_MS)]);
  return { how, next: ending.next };
}

async function waiting(): Promise<never> {
  throw new Failure("The agent waits for the store: ask again once it is there");
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
