import type { HttpProxyStatus } from "./http-proxy.ts";
import type { UpstreamStatus } from "./pool.ts";

/** What all processes that share a port look like together: figures are added up, what is thought of a server is what `own` thinks. */
export function mergeStatus(own: HttpProxyStatus, others: readonly HttpProxyStatus[]): HttpProxyStatus {
  const sum = (count: (status: HttpProxyStatus) => number): number => [own, ...others].map(count).reduce(add, 0);
  return {
    ...own,
    processes: 1 + others.length,
    clients: sum(({ clients }) => clients),
    held: sum(({ held }) => held),
    requests: sum(({ requests }) => requests),
    refused: sum(({ refused }) => refused),
    bad: sum(({ bad }) => bad),
    servers: own.servers.map((server) => mergeServer(server, others)),
  };
}

export function isHttpStatus(value: unknown): value is HttpProxyStatus {
  return typeof value === "object" && value !== null && "servers" in value;
}

/** Quantiles cannot be added up: the worst one is given. */
function mergeServer(own: UpstreamStatus, others: readonly HttpProxyStatus[]): UpstreamStatus {
  const all = [own, ...others.flatMap(({ servers }) => servers.filter((one) => isSame(one, own)))];
  const sum = (count: (status: UpstreamStatus) => number): number => all.map(count).reduce(add, 0);
  return {
    ...own,
    requests: sum(({ requests }) => requests),
    failed: sum(({ failed }) => failed),
    hedged: sum(({ hedged }) => hedged),
    underWay: sum(({ underWay }) => underWay),
    connections: sum(({ connections }) => connections),
    p50Ms: Math.max(...all.map(({ p50Ms }) => p50Ms)),
    p99Ms: Math.max(...all.map(({ p99Ms }) => p99Ms)),
  };
}

function isSame(a: UpstreamStatus, b: UpstreamStatus): boolean {
  return a.group === b.group && a.server === b.server;
}

function add(a: number, b: number): number {
  return a + b;
}
