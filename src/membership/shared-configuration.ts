import type { Address, Config } from "../config/config.ts";
import { keys } from "../core/keys.ts";
import { Failure } from "../lib/failure.ts";
import type { Entry } from "../store/store.ts";

/** The configuration that all nodes are to have, in the store since a node joined or left. */
export interface SharedConfiguration {
  /** Grows by one with each change. */
  readonly number: number;
  /** The whole file. */
  readonly text: string;
  /** Who asked for it, and what for. */
  readonly by: string;
  readonly because: string;
  /** Where each group's members listen, by their names: for those who follow a group and read no file. */
  readonly addresses: Readonly<Record<string, Readonly<Record<string, Address>>>>;
}

/** `null`: the files on the hosts are all there is. Throws a {@link Failure} for what is in no form that this version writes. */
export function parseShared(entry: Entry | undefined): SharedConfiguration | null {
  if (entry?.value == null) return null;
  const { number, text, by, because, addresses } = JSON.parse(entry.value) as Partial<SharedConfiguration>;
  if (typeof number === "number" && typeof text === "string" && addresses !== undefined)
    return { number, text, by: by ?? "", because: because ?? "", addresses };
  throw new Failure(
    `Cannot read "${keys.configuration}" in the store: it is not in the form that this version writes.`,
  );
}

export function addressesOf({ groups }: Config): SharedConfiguration["addresses"] {
  const of = ({ members }: Config["groups"][string]): Record<string, Address> =>
    Object.fromEntries(Object.values(members).map(({ member, address }) => [member, address]));
  return Object.fromEntries(Object.values(groups).map((group) => [group.group, of(group)]));
}
