import { readFile } from "node:fs/promises";

/** What the proxy needs besides its connections. */
const OTHERS = 64;

/** What is wrong with the number of files that this process may open, for so many connections; `null` when nothing is. */
export async function fileLimitProblem(maxConnections: number): Promise<string | null> {
  const limit = await fileLimit();
  const needed = 2 * maxConnections + OTHERS;
  if (limit >= needed) return null;
  return `this process may open ${limit} files, and ${maxConnections} connections need ${needed}: raise the limit (ulimit -n) or lower maxConnections`;
}

/** For how many connections the files are enough that this process may open. */
export async function affordableConnections(): Promise<number> {
  return Math.max(1, Math.floor(((await fileLimit()) - OTHERS) / 2));
}

async function fileLimit(): Promise<number> {
  const limits = await readFile("/proc/self/limits", "utf8").catch(() => "");
  return Number(/^Max open files\s+(\d+)/m.exec(limits)?.[1] ?? Infinity);
}
