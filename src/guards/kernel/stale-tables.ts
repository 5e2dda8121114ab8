import { existsSync } from "node:fs";
import { mountNamespace, TABLE_PREFIX } from "./door-plan.ts";
import type { NftObject, NftShell } from "./nft-shell.ts";

/**
 * Removes the tables of nodes that are gone: their directory is not there any more, and none of their doors
 * is open. A table that does not say whose it is, or says so from within another container, stays.
 */
export async function removeStaleTables(nft: NftShell): Promise<void> {
  for (const table of namesIn(await nft.ask())) {
    const objects = await nft.ask(`list table inet ${table}`);
    if (isStale(objects)) await nft.ask(`delete table inet ${table}`);
  }
}

function namesIn(objects: readonly NftObject[]): readonly string[] {
  const names = new Set(objects.map(({ table }) => textIn(table, "name")));
  return [...names].filter((name) => name.startsWith(TABLE_PREFIX));
}

function isStale(objects: readonly NftObject[]): boolean {
  const about = objects.find(({ rule }) => rule?.["chain"] === "about")?.["rule"];
  const [namespace, ...rest] = textIn(about, "comment").split(" ");
  const directory = rest.join(" ");
  if (namespace !== mountNamespace() || !directory.startsWith("/")) return false;
  const isOpen = objects.some(({ set }) => set?.["name"] === "members" && set["elem"] !== undefined);
  return !isOpen && !existsSync(directory);
}

function textIn(object: NftObject[string] | undefined, field: string): string {
  const value = object?.[field];
  return typeof value === "string" ? value : "";
}
