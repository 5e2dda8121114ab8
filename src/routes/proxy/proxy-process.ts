import { systemClock } from "../../agent/system-clock.ts";
import type { Address, Config, ProxyConfig } from "../../config/config.ts";
import { sharedDirectory } from "../../config/shared-directory.ts";
import type { Cancel } from "../../lib/clock.ts";
import { UserError } from "../../lib/failure.ts";
import type { Store } from "../../store/store.ts";
import { followAddresses, type Addresses } from "../follow-addresses.ts";
import { followRecord } from "../follow-record.ts";
import { fileLimitProblem } from "./file-limit.ts";
import { openProxy, type Proxy } from "./proxy.ts";
import { serveStatus, statusSocketPath } from "./status-socket.ts";

export interface RunProxyOptions {
  /** Read only; closed by whoever opened it. Until it is there clients are held; `null`: it never will be. */
  readonly store: Store | Promise<Store | null>;
  /** Where the status socket goes; default: that of the configuration. */
  readonly directory?: string;
  readonly log: (text: string) => void;
  /** Called once the ports are open. */
  readonly ready?: (proxy: Proxy) => void;
  /** Ends the proxy, as the signals SIGTERM and SIGINT do. */
  readonly signal?: AbortSignal;
}

/**
 * Serves the route `route` of `group` until this process is asked to end (SIGTERM, SIGINT, or
 * `options.signal`), then lets work under way end for at most `takeover.drainMs`. Rejects with a
 * `UserError` when there is no such route, or a port cannot be had.
 */
export async function runProxy(config: Config, group: string, route: string, options: RunProxyOptions): Promise<void> {
  const { log } = options;
  const { members, service } = groupOf(config, group);
  const routeConfig = routeOf(config, group, route);
  const configured = Object.fromEntries(Object.values(members).map(({ member, address }) => [member, address]));
  // The proxy looks here for each connection: members that join are known to the next one.
  const addresses: Record<string, Address> = { ...configured };
  const proxy = await openProxy({
    group,
    config: routeConfig,
    addresses,
    speaksPostgres: service.kind === "postgres",
    clock: systemClock,
    log,
  });
  const problem = await fileLimitProblem(routeConfig.maxConnections * (routeConfig.readOnly === null ? 1 : 2));
  if (problem !== null) log(problem);
  const directory = options.directory ?? sharedDirectory(config);
  const status = await serveStatus(statusSocketPath(directory, group, route), () => proxy.status, log);
  const follow = (store: Store): Cancel =>
    followRecord({
      store,
      clock: systemClock,
      group,
      members: Object.keys(addresses),
      leaseMs: config.takeover.leaseMs,
      tell: (view) => proxy.follow(view),
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
  options.ready?.(proxy);
  log(`the proxy "${route}" of "${group}" is open`);
  const by = await Promise.race([asked, followed.then(() => asked)]);
  log(`the proxy "${route}" of "${group}" ends, asked by ${by}`);
  await proxy.close(config.takeover.drainMs);
  unfollow();
  unfollowAddresses();
  status?.close();
}

function groupOf(config: Config, group: string): Config["groups"][string] {
  const found = config.groups[group];
  if (found) return found;
  throw new UserError(`There is no group "${group}": the configuration has ${Object.keys(config.groups).join(", ")}`);
}

function routeOf(config: Config, group: string, route: string): ProxyConfig {
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
