import { readFileSync } from "node:fs";
import { networkInterfaces } from "node:os";
import type { Address, KernelRouteConfig } from "../../config/config.ts";
import { missingForKernelGuard } from "../../guards/kernel/availability.ts";
import { UserError } from "../../lib/failure.ts";
import { connectionsTo } from "./connections.ts";

const FORWARDING = "/proc/sys/net/ipv4/ip_forward";

/** Rejects with a {@link UserError} that says what this host lacks to lead clients in the kernel, and what to do about it. */
export async function requireKernel(
  config: KernelRouteConfig,
  members: Readonly<Record<string, Address>>,
): Promise<void> {
  const problem = await missingForRoute(config, members);
  if (problem !== null) throw new UserError(`The route "${config.name}" cannot be led by the kernel: ${problem}`);
}

async function missingForRoute(
  { listen, readOnly }: KernelRouteConfig,
  members: Readonly<Record<string, Address>>,
): Promise<string | null> {
  const here = Object.values(networkInterfaces()).flatMap((each) => (each ?? []).map(({ address }) => address));
  const isHere = (host: string): boolean => host.startsWith("127.") || here.includes(host);
  const missing = [listen, ...(readOnly === null ? [] : [readOnly])].find(({ host }) => !isHere(host));
  if (missing !== undefined)
    return `${missing.host} is no address of this host. Add it first: ip address add ${missing.host}/32 dev lo`;
  const remote = Object.entries(members).find(([, { host }]) => !isHere(host));
  if (remote !== undefined && readFileSync(FORWARDING, "utf8").trim() !== "1")
    return `the member "${remote[0]}" is on another host, and this one does not forward. Allow it: sysctl -w net.ipv4.ip_forward=1`;
  return (await missingRights()) ?? missingTable(listen);
}

/** The guard's check says it of the agent. */
async function missingRights(): Promise<string | null> {
  return (await missingForKernelGuard())?.replace("the agent may not", "this process may not") ?? null;
}

function missingTable(listen: Address): string | null {
  try {
    connectionsTo(listen);
    return null;
  } catch {
    return "it does not tell which connections it knows: run this as root, and where there is no /proc/net/nf_conntrack install the package conntrack";
  }
}
