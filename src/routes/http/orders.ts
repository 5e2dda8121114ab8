import { UserError } from "../../lib/failure.ts";
import type { HttpProxy } from "./http-proxy.ts";
import type { UpstreamConfig } from "./upstream.ts";

/** What an operator may want of a proxy. */
export type Order =
  /** Nothing new goes to the server, or goes there again. */
  | { readonly order: "drain" | "ready"; readonly server: string }
  /** It becomes the one that is used as long as it works; all others are its standbys. */
  | { readonly order: "switchover"; readonly server: string }
  /** These are the servers from now on. */
  | { readonly order: "servers"; readonly servers: readonly UpstreamConfig[] };

/** Throws a `UserError` where there is no such server. */
export function carryOut(order: Order, proxy: HttpProxy): void {
  if (order.order === "servers") return proxy.setServers(order.servers);
  const { server } = order;
  if (!proxy.servers.some(({ name }) => name === server)) throw new UserError(`There is no server "${server}"`);
  if (order.order === "switchover")
    proxy.setServers(proxy.servers.map((one) => ({ ...one, tier: one.name === server ? 0 : 1 })));
  else proxy.setDraining(server, order.order === "drain");
}

/** What an operator has changed since the start. */
export interface State {
  readonly servers: readonly UpstreamConfig[];
  readonly draining: readonly string[];
}

export function stateOf(proxy: HttpProxy): State {
  const draining = proxy.status.servers.filter(({ state }) => state === "draining").map(({ server }) => server);
  return { servers: proxy.servers, draining };
}

export function isState(state: unknown): state is State {
  return typeof state === "object" && state !== null && "servers" in state && "draining" in state;
}

export function takeUp(proxy: HttpProxy, { servers, draining }: State): void {
  proxy.setServers(servers);
  for (const server of draining) proxy.setDraining(server, true);
}
