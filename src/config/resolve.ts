import { isIP } from "node:net";
import { dirname, join, resolve as absolute } from "node:path";
import { PROFILES } from "../core/timing.ts";
import { parseDuration, parseSize } from "../lib/units.ts";
import type {
  Address,
  Config,
  Durability,
  GroupConfig,
  HeartbeatsConfig,
  KernelRouteConfig,
  MemberConfig,
  NodeConfig,
  PostgresConfig,
  ProxyConfig,
  RouteConfig,
  ServiceConfig,
  StoreConfig,
} from "./config.ts";
import type { HttpRouteConfig } from "./http-route-config.ts";
import type { ProcessConfig, RunConfig, SystemdConfig, Tell } from "./process-config.ts";
import { resolveCheck } from "./resolve-checks.ts";
import type { FileConfig } from "./schema.ts";
import { LISTEN } from "./words.ts";

type FileGroup = FileConfig["groups"][string];
type FileProcess = NonNullable<FileGroup["service"]["process"]>;
type FileSystemd = NonNullable<FileGroup["service"]["systemd"]>;
type FileRoute = FileGroup["routes"][number];

/** The configuration as the program uses it, of a file of the right shape. `file` is absolute; relative paths start beside it. */
export function resolveConfig(given: FileConfig, file: string): Config {
  const beside = (path: string): string => absolute(dirname(file), path);
  const nodes = mapValues(given.nodes ?? {}, (node, name): NodeConfig => ({
    node: name,
    directory: beside(node.directory),
    api: node.api === undefined ? null : parseAddressText(node.api),
    heartbeat: node.heartbeat === undefined ? null : parseAddressText(node.heartbeat),
    peer: node.peer === undefined ? null : parseAddressText(node.peer),
    zone: node.zone ?? null,
  }));
  return {
    file,
    cluster: given.cluster,
    store: resolveStore(given, beside),
    nodes,
    groups: mapValues(given.groups, (group, name) => resolveGroup(name, group, nodes, beside)),
    guard: given.guard,
    heartbeats: resolveHeartbeats(given, beside),
    credentials: given.credentials === undefined ? null : beside(given.credentials),
    takeover: { leaseMs: leaseOf(given.takeover), drainMs: milliseconds(given.takeover.drain) },
  };
}

/** Where no store is named there is nothing to keep: the file that stands for it is never made. */
function resolveStore({ cluster, store, takeover }: FileConfig, beside: (path: string) => string): StoreConfig {
  if (store?.etcd === undefined) return { kind: "sqlite", file: beside(store?.sqlite ?? "understudy.db") };
  const { endpoints, prefix = `/understudy/${cluster}`, tls, user, passwordFile } = store.etcd;
  const file = (path: string | undefined): string | null => (path === undefined ? null : beside(path));
  return {
    kind: "etcd",
    endpoints: endpoints.map(parseAddressText),
    prefix,
    tls: tls === undefined ? null : { ca: file(tls.ca), cert: file(tls.cert), key: file(tls.key) },
    login: user === undefined ? null : { user, passwordFile: beside(passwordFile ?? "") },
    leaseMs: leaseOf(takeover),
  };
}

function resolveHeartbeats(
  { heartbeats, store, credentials }: FileConfig,
  beside: (path: string) => string,
): HeartbeatsConfig {
  const { key } = heartbeats;
  if (key !== undefined) return { keyFile: beside(key), makeKey: false };
  if (credentials !== undefined) return { keyFile: null, makeKey: false };
  if (store?.etcd !== undefined) return { keyFile: beside("heartbeat-key"), makeKey: false };
  return { keyFile: `${beside(store?.sqlite ?? "")}.heartbeat-key`, makeKey: true };
}

function leaseOf({ lease, profile = "balanced" }: FileConfig["takeover"]): number {
  return lease === undefined ? PROFILES[profile] : milliseconds(lease);
}

function resolveGroup(
  group: string,
  given: FileGroup,
  nodes: Readonly<Record<string, NodeConfig>>,
  beside: (path: string) => string,
): GroupConfig {
  return {
    group,
    service: resolveService(given.service, beside),
    durability: resolveDurability(given),
    members: mapValues(given.members ?? {}, (member, name): MemberConfig => ({
      member: name,
      address: parseAddressText(member.address),
      from: member.from ?? [parseAddressText(member.address).host],
      priority: member.priority,
      follows: member.follows ?? null,
      delayMs: member.delay === undefined ? 0 : milliseconds(member.delay),
      data: member.data === undefined ? join(nodes[name]?.directory ?? "", group, "data") : beside(member.data),
    })),
    checks: given.checks.map((check) => resolveCheck(check, beside)),
    judges: given.judges,
    routes: given.routes.map((route, i) => resolveRoute(i === 0 ? group : `${group}-${i + 1}`, route, beside)),
  };
}

/** Where nothing is kept no write waits, and nothing can be lost. */
function resolveDurability(given: FileGroup): Durability {
  if (given.service.postgres === undefined && Object.keys(given.service).length > 0)
    return { lossless: "off", maxLossBytes: 0 };
  if (given.lossless === "off") return { lossless: "off", maxLossBytes: parseSize(given.maxLoss ?? "") ?? 0 };
  return { lossless: given.lossless, need: given.need ?? 1, of: given.of ?? mayLead(given) };
}

/** A member that never becomes primary is not counted on: its copy could be the only one with a write that it may not serve. */
function mayLead(given: FileGroup): readonly string[] {
  return Object.entries(given.members ?? {}).flatMap(([member, { priority }]) => (priority === 0 ? [] : [member]));
}

function resolveService(given: FileGroup["service"], beside: (path: string) => string): ServiceConfig {
  if (given.external !== undefined) return { kind: "external", ...given.external };
  if (given.systemd !== undefined) return resolveSystemd(given.systemd);
  return given.process === undefined ? resolvePostgres(given.postgres, beside) : resolveProcess(given.process, beside);
}

function resolveProcess(given: FileProcess, beside: (path: string) => string): ProcessConfig {
  const { command, stop, directory, runAs } = given;
  return {
    kind: "process",
    ...resolveRun(given),
    command,
    stop: tellOf(stop),
    directory: directory === undefined ? null : beside(directory),
    runAs: runAs ?? null,
  };
}

function resolveSystemd(given: FileSystemd): SystemdConfig {
  const { unit, scope } = given;
  return { kind: "systemd", ...resolveRun(given), unit, scope };
}

function resolveRun(given: FileProcess | FileSystemd): RunConfig {
  const { standby, promote, demote, ready, position, environment } = given;
  return {
    standby,
    promote: promote === undefined ? null : tellOf(promote),
    demote: demote === undefined ? null : tellOf(demote),
    stopMs: milliseconds(given.stopTimeout),
    startMs: milliseconds(given.startTimeout),
    ready,
    position: position ?? null,
    directory: null,
    environment,
  };
}

function tellOf({ signal, command }: FileProcess["stop"]): Tell {
  return command === undefined ? { signal: signal ?? "SIGTERM" } : { command };
}

function resolvePostgres(given: FileGroup["service"]["postgres"], beside: (path: string) => string): PostgresConfig {
  const { database = "app", user = "app", parameters = {}, programs, runAs, clients = [] } = given ?? {};
  return {
    kind: "postgres",
    programs: programs === undefined ? null : beside(programs),
    runAs: runAs ?? null,
    database,
    user,
    parameters: mapValues(parameters, (value) => (typeof value === "boolean" ? (value ? "on" : "off") : String(value))),
    clients: clients.map((from) => (from.includes("/") ? from : `${from}/${isIP(from) === 6 ? 128 : 32}`)),
  };
}

function resolveRoute(name: string, route: FileRoute, beside: (path: string) => string): RouteConfig {
  const { proxy, http, kernel, haproxy } = route;
  if (http !== undefined) return resolveHttp(name, http, beside);
  if (kernel !== undefined) return resolveKernel(name, kernel);
  if (haproxy === undefined) return resolveProxy(name, proxy);
  const { socket, backend, hold = null } = haproxy;
  return { kind: "haproxy", name: haproxy.name ?? name, socket: beside(socket), backend, hold };
}

function resolveHttp(
  name: string,
  given: NonNullable<FileRoute["http"]>,
  beside: (path: string) => string,
): HttpRouteConfig {
  const { listen, certificates, balance, sticky, processes, hold, trust, proxyProtocol, accessLog, rules } = given;
  return {
    kind: "http",
    name: given.name ?? name,
    listen: parseAddressText(listen),
    certificates: certificates.map(({ cert, key }) => ({ cert: beside(cert), key: beside(key) })),
    balance,
    sticky: sticky ?? null,
    processes,
    holdMs: milliseconds(hold),
    trusted: trust,
    proxyProtocol,
    accessLog: accessLog === undefined ? null : beside(accessLog),
    rules: rules.map(({ host, path, group }) => ({ host: host?.toLowerCase() ?? null, path: path ?? null, group })),
  };
}

function resolveKernel(name: string, given: NonNullable<FileRoute["kernel"]>): KernelRouteConfig {
  const { listen, readOnly, hold } = given;
  return {
    kind: "kernel",
    name: given.name ?? name,
    listen: parseAddressText(listen),
    readOnly: readOnly === undefined ? null : parseAddressText(readOnly),
    holdMs: milliseconds(hold),
  };
}

function resolveProxy(name: string, given: FileRoute["proxy"]): ProxyConfig {
  const { readWrite = "", readOnly, hold = "", maxHeld = 0, maxConnections = 0 } = given ?? {};
  return {
    kind: "proxy",
    name: given?.name ?? name,
    readWrite: parseAddressText(readWrite),
    readOnly: readOnly === undefined ? null : parseAddressText(readOnly),
    holdMs: milliseconds(hold),
    maxHeld,
    maxConnections,
  };
}

/** `host:port`, with IPv6 addresses in brackets. */
export function parseAddressText(text: string): Address {
  const [, host = "", port = "0"] = LISTEN.exec(text) ?? [];
  return { host: host.replaceAll(/[[\]]/g, ""), port: Number(port) };
}

function milliseconds(text: string): number {
  return parseDuration(text) ?? 0;
}

function mapValues<V, W>(from: Readonly<Record<string, V>>, to: (value: V, key: string) => W): Record<string, W> {
  return Object.fromEntries(Object.entries(from).map(([key, value]) => [key, to(value, key)]));
}
