import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { stringify } from "yaml";
import type { Lan } from "../../../test/hosts/lan.ts";
import { system } from "../../../test/hosts/system.ts";
import { ETCD_PORT, MEMBERS, POSTGRES_PORT } from "../place.ts";
import type { PatroniSettings } from "./patroni-settings.ts";

/** Patroni and the servers run as this user of the system. */
export const SERVER_USER = "postgres";
export const API_PORT = 8008;
const SCOPE = "hosts";
/** Patroni keeps everything below its namespace, `/service` unless it is told otherwise. */
export const LEADER_KEY = `/service/${SCOPE}/leader`;

export interface PatroniFiles {
  readonly directory: string;
  readonly file: string;
}

/** The passwords of a run's users of the database. */
export interface Passwords {
  readonly superuser: string;
  readonly replication: string;
  readonly rewind: string;
  readonly application: string;
}

/** Writes what the Patroni of a member reads; it is its user's alone. */
export function writePatroniFiles(
  lan: Lan,
  member: string,
  programs: string,
  settings: PatroniSettings,
  passwords: Passwords,
): PatroniFiles {
  const directory = join(lan.host(member).directory, "patroni");
  mkdirSync(directory, { mode: 0o700 });
  const setup = join(directory, "application.sql");
  writeFileSync(setup, `CREATE ROLE app LOGIN PASSWORD '${passwords.application}';\nCREATE DATABASE app OWNER app;\n`);
  const file = join(directory, "patroni.yml");
  const { address } = lan.host(member);
  const configuration = {
    scope: SCOPE,
    name: member,
    restapi: { listen: `${address}:${API_PORT}`, connect_address: `${address}:${API_PORT}` },
    etcd3: { hosts: MEMBERS.map((name) => `${lan.host(name).address}:${ETCD_PORT}`) },
    bootstrap: {
      dcs: { ...settings.shared, postgresql: { use_pg_rewind: true, parameters: { max_connections: 100 } } },
      initdb: [{ encoding: "UTF8" }, "data-checksums"],
      post_init: `${join(programs, "psql")} -X -v ON_ERROR_STOP=1 -f ${setup}`,
    },
    postgresql: serverOf(directory, address, programs, passwords),
    watchdog: { mode: "off" },
  };
  writeFileSync(file, stringify(configuration));
  system("chown", ["-R", `${SERVER_USER}:`, directory]);
  return { directory, file };
}

function serverOf(directory: string, address: string, programs: string, passwords: Passwords): unknown {
  return {
    listen: `${address}:${POSTGRES_PORT}`,
    connect_address: `${address}:${POSTGRES_PORT}`,
    data_dir: join(directory, "data"),
    bin_dir: programs,
    pgpass: join(directory, "pgpass"),
    // Without it the first copy waits for a checkpoint that takes minutes.
    basebackup: [{ checkpoint: "fast" }],
    authentication: {
      superuser: { username: SERVER_USER, password: passwords.superuser },
      replication: { username: "replicator", password: passwords.replication },
      rewind: { username: "rewind", password: passwords.rewind },
    },
    parameters: { shared_buffers: "64MB", unix_socket_directories: directory },
    pg_hba: [
      "local all all scram-sha-256",
      "host all all 0.0.0.0/0 scram-sha-256",
      "host replication replicator 0.0.0.0/0 scram-sha-256",
    ],
  };
}
