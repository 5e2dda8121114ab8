import { readFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { parseDocument } from "yaml";
import { Failure } from "../lib/failure.ts";
import type { Welcome } from "./membership-port.ts";

/** Where a configuration names the files without which nobody can use the store, or be heard. */
const NAMED: readonly (readonly string[])[] = [
  ["store", "etcd", "tls", "ca"],
  ["store", "etcd", "tls", "cert"],
  ["store", "etcd", "tls", "key"],
  ["store", "etcd", "passwordFile"],
  ["heartbeats", "key"],
];

/** The files that a new host needs besides the configuration `text` of this host's `file`. Rejects with a {@link Failure} when one cannot be read. */
export async function accessFiles(text: string, file: string): Promise<Welcome["files"]> {
  return Promise.all(
    accessPaths(text).map(async (path) => ({ path, text: await textOf(resolve(dirname(file), path)) })),
  );
}

/** The paths that `text` names, as it has them. */
export function accessPaths(text: string): readonly string[] {
  const document = parseDocument(text);
  const paths = NAMED.map((path) => document.getIn(path)).filter((path): path is string => typeof path === "string");
  return [...new Set(paths)];
}

async function textOf(file: string): Promise<string> {
  return readFile(file, "utf8").catch((error: Error) => {
    throw new Failure(`The new host would need "${file}", which cannot be read here: ${error.message}`);
  });
}
