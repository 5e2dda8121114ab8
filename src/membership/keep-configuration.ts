import { readFile, rename, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import type { Config, NodeConfig } from "../config/config.ts";
import { loadConfigApart } from "../config/load-apart.ts";
import { keys } from "../core/keys.ts";
import { readIfThere, syncDirectory, writeDurably } from "../host/durable-file.ts";
import { messageOf } from "../lib/failure.ts";
import type { Store } from "../store/store.ts";
import { parseShared, type SharedConfiguration } from "./shared-configuration.ts";

/** What a node makes of a configuration that has come: nothing, begin anew by it, or leave, since it is not named any more. */
export type Consequence =
  | { readonly what: "nothing" | "removed" | "try again" }
  | { readonly what: "reconfigure"; readonly config: Config };

export interface KeepParts {
  /** By which the agent runs. */
  readonly config: Config;
  readonly own: NodeConfig;
  readonly store: Store;
  readonly log: (text: string) => void;
}

/**
 * Brings this host's file up to the configuration that all nodes share, when that is newer than what this node has seen of it; the old
 * one stays beside it. A file that was edited by hand since stays as it is until the next change. One that this version cannot read is left alone.
 */
export async function takeConfiguration(parts: KeepParts): Promise<Consequence> {
  const { store, own, log } = parts;
  const [entry] = await store.read([keys.configuration]);
  const shared = parseShared(entry);
  const storeId = await store.identity();
  if (shared === null || shared.number <= (await numberSeen(own.directory, storeId))) return { what: "nothing" };
  const config = await replaceFile(parts, shared);
  if (config === null) return { what: "try again" };
  if (config.nodes[own.node] === undefined) return { what: "removed" };
  await noteNumber(own.directory, storeId, shared.number);
  if (isDeepStrictEqual(config, parts.config)) return { what: "nothing" };
  log(`configuration ${shared.number}: ${shared.because}`);
  return { what: "reconfigure", config };
}

/** As many changes of that store's configuration are in the file of this node. */
export async function noteNumber(directory: string, storeId: string, number: number): Promise<void> {
  await writeDurably(join(directory, "configuration"), `${storeId} ${number}\n`);
}

/** 0: none; another store counts from the beginning. */
export async function numberSeen(directory: string, storeId: string): Promise<number> {
  const [of, number] = ((await readIfThere(join(directory, "configuration"))) ?? "").trim().split(" ");
  return of === storeId ? Number(number) : 0;
}

/** The new configuration, in the place of the old one; `null`: it cannot be used here. */
async function replaceFile(
  { config: { file }, own, log }: KeepParts,
  { number, text }: SharedConfiguration,
): Promise<Config | null> {
  const old = await readFile(file, "utf8").catch(() => null);
  if (old === text) return loadConfigApart(file);
  const next = `${file}.${own.node}.next`;
  try {
    const mode = (await stat(file)).mode & 0o777;
    await writeDurably(next, text, { mode });
    const config = await loadConfigApart(next);
    if (old !== null) await writeDurably(`${file}.before-${number}`, old, { mode });
    await rename(next, file);
    await syncDirectory(dirname(file));
    return { ...config, file };
  } catch (error) {
    log(`Configuration ${number} cannot be taken over: ${messageOf(error)}. This node goes on by the old one.`);
    await rm(next, { force: true });
    return null;
  }
}
