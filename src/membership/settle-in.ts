import { mkdir, readFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import type { Config } from "../config/config.ts";
import { loadConfig } from "../config/load.ts";
import { writeDurably } from "../host/durable-file.ts";
import { UserError } from "../lib/failure.ts";
import { noteNumber } from "./keep-configuration.ts";
import type { Welcome } from "./membership-port.ts";

/** Rejects with a {@link UserError} when there is a configuration in `file` already: it would be lost. */
export async function requireNoConfiguration(file: string): Promise<void> {
  const there = await readFile(file, "utf8").catch(() => null);
  if (there !== null)
    throw new UserError(
      `There is a configuration in ${file} already. Move it away if this host is to join anew, or name another file with -c`,
    );
}

/** Writes what a host was given into its places, the configuration last, and reads that. */
export async function settleIn(file: string, node: string, { text, files, number }: Welcome): Promise<Config> {
  const home = dirname(file);
  await mkdir(home, { recursive: true });
  for (const given of files) {
    const path = resolve(home, given.path);
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    await writeDurably(path, given.text);
  }
  await writeDurably(file, text, { mode: 0o644 });
  const config = await loadConfig(file);
  const directory = config.nodes[node]?.directory ?? home;
  await mkdir(directory, { recursive: true, mode: 0o711 });
  await noteNumber(directory, number);
  return config;
}
