import { isIPv4 } from "node:net";
import type { Address, GroupConfig, KernelRouteConfig } from "./config.ts";
import { sentence } from "./explain.ts";
import type { Finding, Path } from "./problem.ts";
import { addressesOfRoute } from "./route-addresses.ts";
import { isLoopback } from "./separate-hosts.ts";

/** A route in the kernel has IPv4 addresses of its own, and no packet leaves or enters a host by a loopback address. */
export function checkKernelRoutes(at: Path, group: GroupConfig): readonly Finding[] {
  return group.routes.flatMap((route, i) =>
    route.kind === "kernel" ? checkKernelRoute([...at, "routes", i, "kernel"], route, group) : [],
  );
}

function checkKernelRoute(at: Path, route: KernelRouteConfig, group: GroupConfig): readonly Finding[] {
  return addressesOfRoute(route).flatMap(({ setting, address }) => {
    const wrong = problemOf(address, group);
    return wrong === null ? [] : [{ path: [...at, setting], part: "value" as const, text: sentence(...wrong) }];
  });
}

function problemOf({ host }: Address, { members }: GroupConfig): Parameters<typeof sentence> | null {
  if (!isIPv4(host) || host === "0.0.0.0")
    return [`"${host}" is no address that the kernel can lead from`, null, "one IPv4 address of this host"];
  const local = Object.values(members).find(({ address }) => isLoopback(address.host));
  if (local === undefined || isLoopback(host)) return null;
  const wrong = `clients of ${host} cannot be led to "${local.member}", which listens on ${local.address.host}`;
  return [wrong, null, "members at addresses that other hosts can reach, or a loopback address here as well"];
}
