import type { DataContext, Source } from "./context.ts";
import { clientEncryption } from "./encryption.ts";
import { REPLICATION_ROLE } from "./secrets.ts";

/**
 * How one of PostgreSQL's own programs connects to `source` with the replication role; without a
 * password, which it finds in a file. A host that has lost its power is given up within seconds.
 */
export function libpqString(
  context: Pick<DataContext, "tls" | "memberDirectory">,
  source: Pick<Source, "host" | "port">,
  applicationName: string,
): string {
  const settings = {
    host: source.host,
    port: source.port,
    user: REPLICATION_ROLE,
    dbname: "postgres",
    application_name: applicationName,
    connect_timeout: 5,
    keepalives_idle: 2,
    keepalives_interval: 1,
    keepalives_count: 3,
    tcp_user_timeout: 10_000,
    ...clientEncryption(context),
  };
  return Object.entries(settings)
    .map(([name, value]) => `${name}=${quoted(String(value))}`)
    .join(" ");
}

function quoted(value: string): string {
  return `'${value.replaceAll(/[\\']/g, String.raw`\$&`)}'`;
}
