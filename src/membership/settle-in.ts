import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import type { Config } from "../config/config.ts";
import { loadConfig } from "../config/load.ts";
import { syncDirectory, writeDurably } from "../host/durable-file.ts";
import { Failure, messageOf, UserError } from "../lib/failure.ts";
import { accessPaths } from "./access-files.ts";
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

/**
 * Writes what a host was given into its places, and reads it. Nothing that is there already is replaced, and nothing is written but what the
 * configuration names. The configuration comes last: until it is there, all can be done again.
 */
export async function settleIn(file: string, node: string, welcome: Welcome): Promise<Config> {
  const home = dirname(file);
  await mkdir(home, { recursive: true });
  const next = `${file}.${node}.next`;
  try {
    await writeDurably(next, welcome.text, { mode: 0o644 });
    const config = await loadConfig(next);
    await writeAccessFiles(home, welcome);
    const directory = config.nodes[node]?.directory ?? home;
    await mkdir(directory, { recursive: true, mode: 0o711 });
    await noteNumber(directory, welcome.storeId, welcome.number);
    await requireNoConfiguration(file);
    await rename(next, file);
    await syncDirectory(home);
    return { ...config, file: resolve(file) };
  } finally {
    await rm(next, { force: true });
  }
}

async function writeAccessFiles(home: string, { text, files }: Welcome): Promise<void> {
  const named = accessPaths(text);
  for (const given of files) {
    if (!named.includes(given.path))
      throw new Failure(`The agent sent "${given.path}", which its configuration does not name`);
    const path = resolve(home, given.path);
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    await writeFile(path, given.text, { mode: 0o600, flag: "wx" }).catch(async (error: NodeJS.ErrnoException) => {
      const isSame = error.code === "EEXIST" && (await readFile(path, "utf8")) === given.text;
      if (!isSame)
        throw new Failure(`"${path}" is needed to reach the store and cannot be written: ${messageOf(error)}`);
    });
  }
}
