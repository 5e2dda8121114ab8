import { createHash } from "node:crypto";
import type { Address } from "../../config/config.ts";
import { MARK } from "../../host/belonging.ts";
import { roleFile, type Place } from "./place.ts";

/** What a process is at the moment it is told. */
export interface Role {
  readonly role: "primary" | "standby";
  /** The term in which it is that; 0: none is known yet. */
  readonly term: number;
  /** Who is primary; `null`: nobody, or not known. */
  readonly primary: string | null;
}

/** What belongs to a member, and to no other member of this machine. */
export function markOf({ group, memberDirectory }: Pick<Place, "group" | "memberDirectory">): string {
  return `${group}-${createHash("sha256").update(memberDirectory).digest("hex").slice(0, 16)}`;
}

/** What a process, and each command about it, finds in its environment. No secrets. */
export function environmentOf(place: Place, { role, term, primary }: Role): Record<string, string> {
  const { group, member, address, members, config } = place;
  const peers = Object.entries(members).filter(([name]) => name !== member);
  return {
    UNDERSTUDY_GROUP: group,
    UNDERSTUDY_MEMBER: member,
    UNDERSTUDY_ROLE: role,
    UNDERSTUDY_TERM: String(term),
    UNDERSTUDY_PRIMARY: primary ?? "",
    UNDERSTUDY_ADDRESS: textOf(address),
    UNDERSTUDY_HOST: address.host,
    UNDERSTUDY_PORT: String(address.port),
    UNDERSTUDY_PEERS: peers.map(([name, at]) => `${name}=${textOf(at)}`).join(" "),
    UNDERSTUDY_ROLE_FILE: roleFile(place),
    ...config.environment,
  };
}

/** The same for the process itself, which shows by it whose it is. */
export function processEnvironment(place: Place, role: Role): Record<string, string> {
  const inherited = ["PATH", "HOME", "LANG", "TZ"].flatMap((name) => {
    const value = process.env[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  return { ...Object.fromEntries(inherited), ...environmentOf(place, role), [MARK]: markOf(place) };
}

/** A command's words with what they stand for. */
export function wordsOf(command: readonly string[], { group, member, address }: Place): readonly string[] {
  const values: Record<string, string> = { group, member, host: address.host, port: String(address.port) };
  return command.map((word) =>
    word.replaceAll(/\{(group|member|host|port)\}/g, (_, name: string) => values[name] ?? ""),
  );
}

function textOf({ host, port }: Address): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}
