import { randomBytes } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { stringify } from "yaml";
import type { Lan } from "../../test/hosts/lan.ts";
import type { Mode } from "../takeover/cluster-place.ts";
import type { Endpoints } from "./observer-messages.ts";

export const GROUP = "bench";
/** The hosts with an etcd. Unless said otherwise there is a member of the group on each. */
export const MEMBERS = ["a", "b", "c"] as const;
/** The host with the proxy and the clients. */
export const CLIENT = "client";

export const POSTGRES_PORT = 5432;
export const PROXY_PORT = 6432;
export const ETCD_PORT = 2379;
export const ETCD_PEER_PORT = 2380;
const HEARTBEAT_PORT = 7600;

/** How far behind a standby of an asynchronous group may take over. */
export const MAX_LOSS = "16MB";

/** Where the configuration is that all hosts read: one file, as it would be copied to each. */
export interface HostsPlace {
  readonly file: string;
  /** Where each member's agent keeps its files. */
  readonly directories: Readonly<Record<string, string>>;
}

/** Where a program that runs on every member's host answers HTTP. */
export function endpointsOf(lan: Lan, port: number): Endpoints {
  return Object.fromEntries(MEMBERS.map((member) => [member, `http://${lan.host(member).address}:${port}`]));
}

/** Writes the configuration and the key of the heartbeats, for `members` on the hosts of these names. */
export function makePlace(lan: Lan, mode: Mode, lease: string, members: readonly string[]): HostsPlace {
  const root = lan.run.directory;
  const directories = Object.fromEntries(
    members.map((member) => [member, join(lan.host(member).directory, "understudy")]),
  );
  const key = join(root, "heartbeat-key");
  writeFileSync(key, `${randomBytes(32).toString("hex")}\n`, { mode: 0o600 });
  const file = join(root, "hosts.yaml");
  writeFileSync(file, stringify(configuration(lan, mode, lease, directories)));
  return { file, directories };
}

function configuration(lan: Lan, mode: Mode, lease: string, directories: Readonly<Record<string, string>>): unknown {
  const each = <T>(of: (member: string, address: string) => T): Record<string, T> =>
    Object.fromEntries(Object.keys(directories).map((member) => [member, of(member, lan.host(member).address)]));
  const client = lan.host(CLIENT).address;
  return {
    cluster: "hosts",
    store: { etcd: { endpoints: MEMBERS.map((name) => `${lan.host(name).address}:${ETCD_PORT}`) } },
    nodes: each((member, address) => ({ directory: directories[member], heartbeat: `${address}:${HEARTBEAT_PORT}` })),
    heartbeats: { key: "heartbeat-key" },
    groups: {
      [GROUP]: {
        service: { postgres: { clients: [client], parameters: { max_connections: 100, shared_buffers: "64MB" } } },
        lossless: mode,
        ...(mode === "off" ? { maxLoss: MAX_LOSS } : { need: 1 }),
        members: each((_, address) => ({ address: `${address}:${POSTGRES_PORT}` })),
        routes: [{ proxy: { readWrite: `${client}:${PROXY_PORT}` } }],
      },
    },
    takeover: { lease },
  };
}
