import { readFile } from "node:fs/promises";

/** What the proxy needs besides its connections. */
const OTHERS = 64;

/** What is wrong with the number of files that this process may open, for so many connections; `null` when nothing is. */
export async function fileLimitProblem(maxConnections: number): Promise<string | null> {
  const limits = await readFile("/proc/self/limits", "utf8").catch(() => "");
  const limit = Number(/^Max open files\s+(\d+)/m.exec(limits)?.[1] ?? Infinity);
  const needed = 2 * maxConnections + OTHERS;
  if (limit >= needed) return null;
  return `this process may open ${limit} files, and ${maxConnections} connections need ${needed}: raise the limit (ulimit -n) or lower maxConnections`;
}
