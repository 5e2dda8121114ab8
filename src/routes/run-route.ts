import { systemClock } from "../agent/system-clock.ts";
import type { Address, Config, RouteConfig } from "../config/config.ts";
import { sharedDirectory } from "../config/shared-directory.ts";
import type { Cancel } from "../lib/clock.ts";
import { UserError } from "../lib/failure.ts";
import type { Store } from "../store/store.ts";
import { followAddresses, type Addresses } from "./follow-addresses.ts";
import { followRecord } from "./follow-record.ts";
import { fileLimitProblem } from "./proxy/file-limit.ts";
import { openProxy, type ProxyOptions } from "./proxy/proxy.ts";
import { serveStatus, statusSocketPath } from "./proxy/status-socket.ts";
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
}

/** A route that is open, and what it looks like now. */
export interface OpenRoute extends Route {
  readonly status: object;
}

/**
 * Serves the route `route` of `group` until this process is asked to end (SIGTERM, SIGINT, or
 * `options.signal`), then lets work under way end for at most `takeover.drainMs`. Rejects with a
 * `UserError` when there is no such route, or this host lacks what it needs.
 */
export async function runRoute(config: Config, group: string, route: string, options: RunRouteOptions): Promise<void> {
  const { log } = options;
  const { members } = groupOf(config, group);
  const routeConfig = routeOf(config, group, route);
  const configured = Object.fromEntries(Object.values(members).map(({ member, address }) => [member, address]));
  // The route looks here each time: members that join are known to the next connection.
  const addresses: Record<string, Address> = { ...configured };
  const opened = await openRoute(config, group, routeConfig, addresses, log);
  const what = `the ${opened.kind === "proxy" ? "proxy" : `${opened.kind} route`} "${route}" of "${group}"`;
  const directory = options.directory ?? sharedDirectory(config);
  const status = await serveStatus(statusSocketPath(directory, group, route), () => opened.status, log);
  const follow = (store: Store): Cancel =>
    followRecord({
      store,
      clock: systemClock,
      group,
      members: Object.keys(addresses),
      leaseMs: config.takeover.leaseMs,
      tell: (view) => opened.follow(view),
      log,
    });
  let unfollow: Cancel = () => undefined;
  let unfollowAddresses: Cancel = () => undefined;
  const takeAddresses = (store: Store, newer: Addresses): void => {
    // Those that left stay until the record has left them, too.
    Object.assign(addresses, newer);
    unfollow();
    unfollow = follow(store);
  };
  const asked = askedToEnd(options.signal);
  const followed = Promise.resolve(options.store).then((store) => {
    if (store === null) return;
    unfollow = follow(store);
    unfollowAddresses = followAddresses(store, group, (newer) => takeAddresses(store, newer), log);
  });
  options.ready?.(opened);
  log(`${what} is open`);
  const by = await Promise.race([asked, followed.then(() => asked)]);
  log(`${what} ends, asked by ${by}`);
  await opened.close(config.takeover.drainMs);
  unfollow();
  unfollowAddresses();
  status?.close();
}

/** One line a kind. What a kind needs is loaded only for it. */
async function openRoute(
  { cluster, groups, takeover }: Config,
  group: string,
  config: RouteConfig,
  addresses: Readonly<Record<string, Address>>,
  log: (text: string) => void,
): Promise<OpenRoute> {
  const common = { group, addresses, clock: systemClock, log };
  const { leaseMs } = takeover;
  switch (config.kind) {
    case "proxy":
      return openProxyRoute({ ...common, config, speaksPostgres: groups[group]?.service.kind === "postgres" });
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

function groupOf(config: Config, group: string): Config["groups"][string] {
  const found = config.groups[group];
  if (found) return found;
  throw new UserError(`There is no group "${group}": the configuration has ${Object.keys(config.groups).join(", ")}`);
}

function routeOf(config: Config, group: string, route: string): RouteConfig {
  const routes = groupOf(config, group).routes;
  const found = routes.find(({ name }) => name === route);
  if (found) return found;
  const names = routes.map(({ name }) => name).join(", ") || "none";
  throw new UserError(`The group "${group}" has no route "${route}": it has ${names}`);
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
