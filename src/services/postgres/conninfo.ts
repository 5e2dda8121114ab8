import { parseStandbyName, standbyName } from "./standby-name.ts";
import { clientEncryption } from "./encryption.ts";
import type { Identity } from "./identity.ts";
import type { Place } from "./instance.ts";
import { REPLICATION_ROLE, replicationPassfile } from "./secrets.ts";

/**
 * The `primary_conninfo` with which the copy `identity` in `place` receives from `from` in `term`. The
 * password is in a file that is not there while the member is sealed.
 */
export function conninfoFor(place: Place, identity: Identity, from: string, term: number): string {
  const address = place.members[from];
  const copy = { member: place.member, incarnation: identity.incarnation };
  const settings: Record<string, string | number> = {
    host: address?.host ?? "",
    port: address?.port ?? 0,
    user: REPLICATION_ROLE,
    passfile: replicationPassfile(place.memberDirectory),
    application_name: standbyName(copy, term),
    sslmode: "prefer",
    ...clientEncryption(place),
    gssencmode: "disable",
    connect_timeout: 2,
    tcp_user_timeout: 5000,
    keepalives: 1,
    keepalives_idle: 2,
    keepalives_interval: 1,
    keepalives_count: 3,
  };
  return Object.entries(settings)
    .map(([name, value]) => `${name}=${typeof value === "number" ? value : quoted(value)}`)
    .join(" ");
}

/** From whom, and in which term, `conninfo` receives; `null` when {@link conninfoFor} has not made it for this copy. */
export function parseConninfo(
  place: Place,
  identity: Identity,
  conninfo: string,
): { readonly from: string; readonly term: number } | null {
  const name = /application_name='([^']*)'/.exec(conninfo)?.[1];
  const term = parseStandbyName(name ?? "")?.term;
  if (term === undefined) return null;
  const from = Object.keys(place.members).find((member) => conninfoFor(place, identity, member, term) === conninfo);
  return from === undefined ? null : { from, term };
}

function quoted(value: string): string {
  return `'${value.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
}
