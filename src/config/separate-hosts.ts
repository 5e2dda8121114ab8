import type { Config } from "./config.ts";

/**
 * Whether two nodes are on different machines for certain: the addresses of their members and of their heartbeats name
 * different hosts, none of which is this machine's own loopback. Then the same path, or the same loopback address, is
 * another one on each.
 */
export function areApart(config: Config, a: string, b: string): boolean {
  const [these, those] = [hostsOf(config, a), hostsOf(config, b)];
  const all = [...these, ...those];
  return these.length > 0 && those.length > 0 && !all.some(isLoopback) && !these.some((host) => those.includes(host));
}

/** Whether only processes of this machine can reach it. */
export function isLoopback(host: string): boolean {
  return /^(127(\.\d{1,3}){3}|::1|localhost)$/i.test(host);
}

function hostsOf({ nodes, groups }: Config, node: string): readonly string[] {
  const members = Object.values(groups).flatMap((group) => group.members[node]?.address.host ?? []);
  return [...members, ...(nodes[node]?.heartbeat ? [nodes[node].heartbeat.host] : [])].map((host) =>
    host.toLowerCase(),
  );
}
