import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Lan } from "../../../test/hosts/lan.ts";
import { CLIENT, MEMBERS, POSTGRES_PORT, PROXY_PORT } from "../place.ts";
import { API_PORT } from "./patroni-files.ts";
import type { PatroniSettings } from "./patroni-settings.ts";

/** Writes what HAProxy reads, after Patroni's own example, and returns where: clients get whoever says that he is primary. */
export function writeHaproxyFile(lan: Lan, { haproxy }: PatroniSettings): string {
  const servers = MEMBERS.map(
    (member) => `    server ${member} ${lan.host(member).address}:${POSTGRES_PORT} maxconn 100 check port ${API_PORT}`,
  );
  const file = join(lan.run.directory, "haproxy.cfg");
  const text = `global
    maxconn 100

defaults
    mode tcp
    retries 2
    timeout client 30m
    timeout connect ${haproxy.connect}
    timeout server 30m
    timeout check ${haproxy.check}

listen primary
    bind ${lan.host(CLIENT).address}:${PROXY_PORT}
    option httpchk OPTIONS /primary
    http-check expect status 200
    default-server ${haproxy.checks} on-marked-down shutdown-sessions
${servers.join("\n")}
`;
  writeFileSync(file, text);
  return file;
}
