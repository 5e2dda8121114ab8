import { createHash } from "node:crypto";
import { readlinkSync } from "node:fs";
import { lookup } from "node:dns/promises";
import { Failure } from "../../lib/failure.ts";
import type { DoorPlan } from "./door-text.ts";

/** What is to be guarded of one group on this node. */
export interface DoorSubject {
  readonly group: string;
  /** Where its service listens. */
  readonly address: { readonly host: string; readonly port: number };
  /** The hosts from which the other members come. */
  readonly members: readonly string[];
}

/** All names of tables that are ours begin like this. */
export const TABLE_PREFIX = "understudy_";
/** As much as the kernel keeps with a rule. */
const COMMENT_BYTES = 128;
/** A name service that is slower than that counts as one that does not answer. */
const NAME_MS = 2000;

/**
 * The plan of a group's doors, all names resolved. Rejects with a `Failure` when the service's own is not
 * known. When one of the members' is not, `members` is `null`, and `tell` hears of it: shut out by mistake a
 * standby could not acknowledge, and the term would never open.
 */
export async function planDoor(
  directory: string,
  subject: DoorSubject,
  tell: (text: string) => void,
): Promise<DoorPlan> {
  const { group, address, members } = subject;
  const base = { table: tableOf(directory, group), comment: ownerComment(directory), port: address.port };
  if (isWildcard(address.host))
    return { ...base, own: null, members: await all(["127.0.0.1", "::1", ...members], tell) };
  const own = await addressesOf(address.host);
  if (own === null) throw new Failure(`nobody knows the address of "${address.host}"`);
  const others = await all(members, tell);
  return { ...base, own, members: others && unique([...own, ...others]) };
}

/** The name of the table that belongs to a group on the node of `directory`: no two nodes of a machine share one. */
export function tableOf(directory: string, group: string): string {
  return `${TABLE_PREFIX}${createHash("sha256").update(`${directory}\0${group}`).digest("hex").slice(0, 16)}`;
}

/** Which mount namespace a directory's name is meant in, and the directory. Empty if it cannot be written there. */
export function ownerComment(directory: string): string {
  const comment = `${mountNamespace()} ${directory}`;
  return comment.includes('"') || Buffer.byteLength(comment) > COMMENT_BYTES ? "" : comment;
}

export function mountNamespace(): string {
  return readlinkSync("/proc/self/ns/mnt").replaceAll(/\D/g, "");
}

async function all(hosts: readonly string[], tell: (text: string) => void): Promise<readonly string[] | null> {
  const found = await Promise.all(hosts.map(addressesOf));
  const unknown = hosts.filter((_, i) => found[i] === null);
  if (unknown.length === 0) return unique(found.flatMap((addresses) => addresses ?? []));
  tell(
    `Nobody knows the address of ${unknown.join(", ")}: the kernel's guard lets all clients in before a term is open`,
  );
  return null;
}

/** `null`: the name is not known, or not in time. */
async function addressesOf(host: string): Promise<readonly string[] | null> {
  const found = lookup(host, { all: true }).then(
    (entries) => unique(entries.map(({ address }) => address)),
    () => null,
  );
  return Promise.race([found, new Promise<null>((resolve) => setTimeout(resolve, NAME_MS, null).unref())]);
}

/** Whether only this machine can reach a host's address. */
export async function isLocal(host: string): Promise<boolean> {
  const addresses = isWildcard(host) ? null : await addressesOf(host);
  return addresses !== null && addresses.every((address) => /^127(\.\d{1,3}){3}$|^::1$/.test(address));
}

function isWildcard(host: string): boolean {
  return host === "0.0.0.0" || host === "::";
}

function unique(texts: readonly string[]): readonly string[] {
  return [...new Set(texts)];
}
