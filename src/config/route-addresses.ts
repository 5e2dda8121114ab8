import type { Address, RouteConfig } from "./config.ts";

/** Where clients come in by a route, and which setting says so. */
export interface RouteAddress {
  readonly setting: string;
  readonly address: Address;
  readonly reads: boolean;
}

/** Where clients come in, as far as the configuration says; of an HAProxy it does not. */
export function addressesOfRoute(route: RouteConfig): readonly RouteAddress[] {
  if (route.kind === "haproxy") return [];
  if (route.kind === "http") return [{ setting: "listen", address: route.listen, reads: false }];
  const writing = route.kind === "proxy" ? { setting: "readWrite", address: route.readWrite } : kernelAddress(route);
  const reading = route.readOnly === null ? [] : [{ setting: "readOnly", address: route.readOnly, reads: true }];
  return [{ ...writing, reads: false }, ...reading];
}

function kernelAddress({ listen }: { readonly listen: Address }): { setting: string; address: Address } {
  return { setting: "listen", address: listen };
}

/** Where clients that write come in by the first route that says so; `null`: none does. */
export function writingAddress(routes: readonly RouteConfig[]): Address | null {
  return routes.flatMap(addressesOfRoute).find(({ reads }) => !reads)?.address ?? null;
}
