import type { CheckConfig } from "./check-config.ts";
import type { ExternalConfig, HttpRouteConfig } from "./http-route-config.ts";
import type { ProcessConfig, SystemdConfig } from "./process-config.ts";

/** The configuration as the program uses it: defaults filled in, durations in milliseconds, sizes in bytes, paths absolute. */
export interface Config {
  /** The file it came from, absolute. */
  readonly file: string;
  readonly cluster: string;
  readonly store: StoreConfig;
  /** By the node's name. */
  readonly nodes: Readonly<Record<string, NodeConfig>>;
  /** By the group's name. */
  readonly groups: Readonly<Record<string, GroupConfig>>;
  /** What stops a primary whose agent no longer renews its lease. */
  readonly guard: "auto" | "kernel" | "process";
  readonly heartbeats: HeartbeatsConfig;
  /** The directory of this host's certificates; `null`: there are none, and nothing is encrypted by them. */
  readonly credentials: string | null;
  readonly takeover: TakeoverConfig;
}

export interface HeartbeatsConfig {
  /** The file of the key that all agents share; `null`: it comes from the store, with the credentials. */
  readonly keyFile: string | null;
  /** Whether the key is made when there is none: the file names no place for it, so all agents are on this machine. */
  readonly makeKey: boolean;
}

export type StoreConfig = SqliteConfig | EtcdConfig;

export interface SqliteConfig {
  readonly kind: "sqlite";
  readonly file: string;
}

export interface EtcdConfig {
  readonly kind: "etcd";
  readonly endpoints: readonly Address[];
  /** All keys begin with it and a `/`. */
  readonly prefix: string;
  /** `null`: without TLS. */
  readonly tls: EtcdTls | null;
  /** `null`: etcd is not told who asks, other than by the certificate. */
  readonly login: { readonly user: string; readonly passwordFile: string } | null;
  /** The lease, from which the times of its calls follow. */
  readonly leaseMs: number;
}

/** Files in PEM format. */
export interface EtcdTls {
  /** Whose certificates are believed; `null`: those whom Node believes. */
  readonly ca: string | null;
  /** Our own certificate and its key; both or none. */
  readonly cert: string | null;
  readonly key: string | null;
}

export interface NodeConfig {
  readonly node: string;
  /** Where the agent keeps its socket, journal and memory; 0700. */
  readonly directory: string;
  /** Where the API listens besides its socket; loopback only. `null`: on the socket alone. */
  readonly api: Address | null;
  /** Where it hears heartbeats, by UDP. `null`: nowhere; then no node does. */
  readonly heartbeat: Address | null;
  /** Where it answers other hosts, which show certificates. `null`: nowhere. */
  readonly peer: Address | null;
  /** What it shares its fate with; `null`: nothing is known of that. */
  readonly zone: string | null;
}

export interface Address {
  readonly host: string;
  readonly port: number;
}

export interface GroupConfig {
  readonly group: string;
  readonly service: ServiceConfig;
  readonly durability: Durability;
  /** By the node's name, in the order of the file; the first one founds the group. None, if nobody of us runs the service. */
  readonly members: Readonly<Record<string, MemberConfig>>;
  readonly checks: readonly CheckConfig[];
  /** Who judges by the checks whether the primary works: its own agent, or more than half of all members' agents. */
  readonly judges: "own" | "majority";
  readonly routes: readonly RouteConfig[];
}

/** What may be lost in a takeover. */
export type Durability =
  /** Writes wait for `need` of the members in `of` (less the primary itself). */
  | { readonly lossless: "strict"; readonly need: number; readonly of: readonly string[] }
  /** The same, but a primary without any standby left goes on alone, and says so in the record. */
  | { readonly lossless: "preferred"; readonly need: number; readonly of: readonly string[] }
  /** Writes wait for nobody; a takeover that may lose more than that waits for an operator. */
  | { readonly lossless: "off"; readonly maxLossBytes: number };

export interface MemberConfig {
  readonly member: string;
  /** Where its service listens, for clients and for the other members. */
  readonly address: Address;
  /** The hosts from which it comes to the other members. */
  readonly from: readonly string[];
  /** Of equally advanced standbys the one with the highest priority takes over. 0: never. */
  readonly priority: number;
  /** The standby that it receives from; `null`: the primary. */
  readonly follows: string | null;
  /** So much later it shows what it has received. */
  readonly delayMs: number;
  /** Where its data is. */
  readonly data: string;
}

export type ServiceConfig = PostgresConfig | ProcessConfig | SystemdConfig | ExternalConfig;

export interface PostgresConfig {
  readonly kind: "postgres";
  /** Where the programs are; `null`: looked for in the usual places. */
  readonly programs: string | null;
  /** The system's user that the server runs as when the agent is root; `null`: the owner of the data, else `postgres`. */
  readonly runAs: string | null;
  /** The application's database and user, made with a new group. */
  readonly database: string;
  readonly user: string;
  /** The server's own settings, as in postgresql.conf. */
  readonly parameters: Readonly<Record<string, string>>;
  /** From where clients may come in, besides the members' hosts: addresses with the length of their network. */
  readonly clients: readonly string[];
}

export type RouteConfig = ProxyConfig | HttpRouteConfig | KernelRouteConfig | HaproxyRouteConfig;

export interface ProxyConfig {
  readonly kind: "proxy";
  readonly name: string;
  /** Where clients that write come in. */
  readonly readWrite: Address;
  /** Where clients that only read come in; `null`: nowhere. */
  readonly readOnly: Address | null;
  /** For how long a new connection waits while nobody is primary. */
  readonly holdMs: number;
  /** How many connections may wait at a time. */
  readonly maxHeld: number;
  readonly maxConnections: number;
}

export interface KernelRouteConfig {
  readonly kind: "kernel";
  readonly name: string;
  /** The virtual address of clients that write. */
  readonly listen: Address;
  /** That of clients that only read; `null`: there is none. */
  readonly readOnly: Address | null;
  /** For how long after the loss of a primary new connections wait. */
  readonly holdMs: number;
}

export interface HaproxyRouteConfig {
  readonly kind: "haproxy";
  readonly name: string;
  /** Where HAProxy takes commands. */
  readonly socket: string;
  readonly backend: string;
  /** The server that is ready while no member is; `null`: none. */
  readonly hold: string | null;
}

export interface TakeoverConfig {
  /** How long an agent may go on acting without having renewed its session. All other times derive from it. */
  readonly leaseMs: number;
  /** For how long a switchover lets work under way end before it cuts it off. */
  readonly drainMs: number;
}
