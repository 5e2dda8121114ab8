import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { parseLsn } from "./lsn.ts";

/**
 * The offsets at which the newest history in `data` changes its timeline, in their order. Each promotion
 * makes one, by whomever it was.
 */
export async function switchesOf(data: string): Promise<readonly number[]> {
  const directory = join(data, "pg_wal");
  const histories = (await readdir(directory)).filter((name) => /^[0-9A-F]{8}\.history$/.test(name));
  const newest = histories.toSorted().at(-1);
  if (newest === undefined) return [];
  const lines = (await readFile(join(directory, newest), "utf8")).split("\n");
  return lines.flatMap((line) => /^\d+\s+([0-9A-F]+\/[0-9A-F]+)/i.exec(line)?.[1] ?? []).map(parseLsn);
}
