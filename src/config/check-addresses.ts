import type { Address } from "./config.ts";
import type { Checked } from "./cross-checks.ts";
import { describePath, type Finding, type Path } from "./problem.ts";
import { sentence } from "./explain.ts";
import { addressesOfRoute } from "./route-addresses.ts";
import { areApart, isLoopback } from "./separate-hosts.ts";

interface Used {
  readonly path: Path;
  readonly address: Address;
  /** Whose it is alone; left out: whoever serves the group's clients. */
  readonly node?: string;
}

/** Each address is used once, and the API is not reachable from outside. */
export function checkAddresses({ config }: Checked): readonly Finding[] {
  const nodes = usedBy(config, "api");
  const peers = usedBy(config, "peer");
  const groups = Object.values(config.groups).flatMap((group) => [
    ...Object.values(group.members).map(({ member, address }) => ({
      path: ["groups", group.group, "members", member, "address"],
      address,
    })),
    ...group.routes.flatMap((route, i) =>
      addressesOfRoute(route).map(({ setting, address }) => ({
        path: ["groups", group.group, "routes", i, route.kind, setting],
        address,
      })),
    ),
  ]);
  const heartbeats = usedBy(config, "heartbeat");
  const meet = (a: Used, b: Used): boolean =>
    a.node === undefined || b.node === undefined || !areApart(config, a.node, b.node);
  // UDP has ports of its own.
  const twice = [...usedTwice([...nodes, ...peers, ...groups], meet), ...usedTwice(heartbeats, meet)];
  return [...nodes.flatMap(openToOthers), ...[...heartbeats, ...peers].flatMap(notReachable), ...twice];
}

function usedBy(config: Checked["config"], what: "api" | "peer" | "heartbeat"): readonly Used[] {
  return Object.values(config.nodes).flatMap(({ node, [what]: address }) =>
    address === null ? [] : [{ path: ["nodes", node, what], address, node }],
  );
}

/** The others go to it. */
function notReachable({ path, address }: Used): readonly Finding[] {
  if (!isAny(address.host)) return [];
  const wrong = `${describePath(path)} is "${address.host}", to which nobody can send`;
  return [{ path, part: "value", text: sentence(wrong, null, "the address by which the other nodes reach this one") }];
}

function openToOthers({ path, address }: Used): readonly Finding[] {
  if (isLoopback(address.host)) return [];
  const wrong = `${describePath(path)} cannot be on "${address.host}": whoever reaches it can read everything`;
  return [{ path, part: "value", text: sentence(wrong, `127.0.0.1:${address.port}`, "a loopback address") }];
}

function usedTwice(all: readonly Used[], meet: (a: Used, b: Used) => boolean): readonly Finding[] {
  return all.flatMap((used, i) => {
    const first = all.slice(0, i).find((other) => meet(other, used) && collides(other.address, used.address));
    if (first === undefined) return [];
    const wrong = `port ${used.address.port} of "${used.address.host}" is ${describePath(first.path)} already`;
    return [{ path: used.path, part: "value" as const, text: sentence(wrong, null, "a port of its own") }];
  });
}

function collides(a: Address, b: Address): boolean {
  if (a.port !== b.port) return false;
  return plain(a.host) === plain(b.host) || isAny(a.host) || isAny(b.host);
}

function plain(host: string): string {
  return host.toLowerCase() === "localhost" ? "127.0.0.1" : host.toLowerCase();
}

/** All addresses of a machine at once. */
function isAny(host: string): boolean {
  return host === "" || host === "0.0.0.0" || host === "::";
}
