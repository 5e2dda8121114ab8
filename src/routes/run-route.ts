import { systemClock } from "../agent/system-clock.ts";
import type { Address, Config, RouteConfig } from "../config/config.ts";
import { groupOf, groupsOfRoute } from "../config/route-groups.ts";
import { sharedDirectory } from "../config/shared-directory.ts";
import { UserError } from "../lib/failure.ts";
import type { Store } from "../store/store.ts";
import { FollowedGroup } from "./follow-group.ts";
import type { Keeper } from "./keeper.ts";
import { fileLimitProblem } from "./proxy/file-limit.ts";
import { openProxy, type ProxyOptions } from "./proxy/proxy.ts";
import { serveStatus, statusSocketPath, type Served } from "./proxy/status-socket.ts";
import type { Route } from "./route.ts";

export interface RunRouteOptions {
  /** Read only; closed by whoever opened it. Until it is there clients are held; `null`: it never will be. */
  readonly store: Store | Promise<Store | null>;
  /** Where the status socket goes; default: that of the configuration. */
  readonly directory?: string;
  readonly log: (text: string) => void;
  /** Called once the route is open. */
  readonly ready?: (route: OpenRoute) => void;
  /** Ends the route, as the signals SIGTERM and SIGINT do. */
  readonly signal?: AbortSignal;
  /** Whoever keeps this process, beside others that share the port, and may let another one take over; clients then leave by themselves. */
  readonly keeper?: Keeper | null;
}

/** A route that is open, and what it looks like now. */
export interface OpenRoute extends Route {
  readonly status: object;
  /** The same, with that of other processes that share the port. */
  statusWith?(others: readonly unknown[]): object;
}

/**
 * Serves the route `route` of `group` until this process is asked to end (SIGTERM, SIGINT, or
 * `options.signal`), then lets work under way end for at most `takeover.drainMs`. Rejects with a
 * `UserError` when there is no such route, or this host lacks what it needs.
 */
export async function runRoute(config: Config, group: string, route: string, options: RunRouteOptions): Promise<void> {
  const { log } = options;
  const routeConfig = routeOf(config, group, route);
  const groups = groupsOfRoute(config, group, routeConfig)
    .filter(({ service }) => service.kind !== "external")
    .map((one) => new FollowedGroup(one, config.takeover.leaseMs, log));
  const addressesOf = (name: string): Readonly<Record<string, Address>> =>
    groups.find((one) => one.name === name)?.addresses ?? {};
  const { keeper = null } = options;
  const say = (keeper?.index ?? 0) === 0 ? log : () => undefined;
  const opened = await openRoute(config, group, routeConfig, addressesOf, { say, log });
  const what = `the ${opened.kind === "proxy" ? "proxy" : `${opened.kind} route`} "${route}" of "${group}"`;
  const directory = options.directory ?? sharedDirectory(config);
  const status = await statusOf(opened, statusSocketPath(directory, group, route), keeper, log);
  const retired = keeper?.retired.then(() => "another process that serves in its place");
  const asked = Promise.race([askedToEnd(options.signal), ...(retired === undefined ? [] : [retired])]);
  const followed = Promise.resolve(options.store).then((store) => {
    if (store !== null) for (const one of groups) one.follow(store, opened);
  });
  options.ready?.(opened);
  say(`${what} is open`);
  const by = await Promise.race([asked, followed.then(() => asked)]);
  say(`${what} ends, asked by ${by}`);
  await opened.close(config.takeover.drainMs, retired !== undefined && (await isSettled(retired)));
  for (const one of groups) one.stop();
  await status?.close();
}

/** `say` tells what happens, once for all processes that share the port; `log` what is wrong with this one. */
interface Voices {
  readonly say: (text: string) => void;
  readonly log: (text: string) => void;
}

/** Told by the first of the processes that share the port, for all of them. */
async function statusOf(
  route: OpenRoute,
  path: string,
  keeper: Keeper | null,
  log: (text: string) => void,
): Promise<Served | null> {
  keeper?.answer(path, () => route.status);
  if (keeper === null || route.statusWith === undefined) return serveStatus(path, () => route.status, log);
  if (keeper.index > 0) return null;
  return serveStatus(path, async () => route.statusWith?.(await keeper.ask(path, null)) ?? route.status, log);
}

/** One line a kind. What a kind needs is loaded only for it. */
async function openRoute(
  whole: Config,
  group: string,
  config: RouteConfig,
  addressesOf: (group: string) => Readonly<Record<string, Address>>,
  { say, log }: Voices,
): Promise<OpenRoute> {
  const { cluster, takeover } = whole;
  const own = groupOf(whole, group);
  const common = { group, addresses: addressesOf(group), clock: systemClock, log };
  const { leaseMs } = takeover;
  switch (config.kind) {
    case "proxy":
      return openProxyRoute({ ...common, config, speaksPostgres: own.service.kind === "postgres" });
    case "http": {
      const { openHttpRoute } = await import("./http/http-route.ts");
      return openHttpRoute({
        config,
        groups: groupsOfRoute(whole, group, config),
        addressesOf,
        clock: systemClock,
        say,
        log,
      });
    }
    case "kernel":
      return (await import("./kernel/kernel-route.ts")).openKernelRoute({ ...common, cluster, config, leaseMs });
    case "haproxy":
      return (await import("./haproxy/haproxy-route.ts")).openHaproxyRoute({ ...common, config });
  }
}

async function openProxyRoute(options: ProxyOptions): Promise<OpenRoute> {
  const proxy = await openProxy(options);
  const { maxConnections, readOnly } = options.config;
  const problem = await fileLimitProblem(maxConnections * (readOnly === null ? 1 : 2));
  if (problem !== null) options.log(problem);
  return proxy;
}

function routeOf(config: Config, group: string, route: string): RouteConfig {
  const routes = groupOf(config, group).routes;
  const found = routes.find(({ name }) => name === route);
  if (found) return found;
  const names = routes.map(({ name }) => name).join(", ") || "none";
  throw new UserError(`The group "${group}" has no route "${route}": it has ${names}`);
}

async function isSettled(promise: Promise<unknown>): Promise<boolean> {
  const not = Symbol("not yet");
  return (await Promise.race([promise, Promise.resolve(not)])) !== not;
}

/** Resolves with who asked. A second signal ends the process as usual. */
function askedToEnd(signal: AbortSignal | undefined): Promise<string> {
  return new Promise((resolve) => {
    process.once("SIGTERM", () => resolve("SIGTERM"));
    process.once("SIGINT", () => resolve("SIGINT"));
    if (signal?.aborted) resolve("its owner");
    signal?.addEventListener("abort", () => resolve("its owner"), { once: true });
  });
}
