import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Failure, messageOf } from "../../src/lib/failure.ts";
import { Cluster } from "./cluster.ts";
import { makePlace, MEMBERS, type Mode } from "./cluster-place.ts";
import { cleanUpAtExit } from "./leftovers.ts";
import { startCommand } from "./program.ts";
import { Supervised } from "./supervised.ts";

/** The first start makes the database and copies it twice. */
const START_MS = 120_000;
const STATUS_ATTEMPTS = 10;

/**
 * Makes a cluster under `parent`, has `then` work with it, and removes it with all its processes, whatever
 * happens (with `keep`, only its processes). Agents and proxy are supervised by the bench itself, so that it can keep them down.
 */
export async function withCluster<T>(
  parent: string,
  mode: Mode,
  keep: boolean,
  then: (cluster: Cluster) => Promise<T>,
): Promise<T> {
  const place = await makePlace(parent, mode);
  const remove = cleanUpAtExit(place.root, keep);
  const supervised = (name: string, ...args: readonly string[]): Supervised =>
    new Supervised(() => startCommand([...args, "--config", place.file], place.root, join(place.root, `${name}.log`)));
  const agents = Object.fromEntries(MEMBERS.map((node) => [node, supervised(node, "agent", "--node", node)]));
  const proxy = supervised("proxy", "proxy");
  const cluster = await Cluster.open(place, mode, agents);
  try {
    for (const agent of Object.values(agents)) agent.start();
    proxy.start();
    await cluster.untilAllBack(START_MS).catch(async (error: unknown) => {
      throw new Failure(`${messageOf(error)}\n${await lastWords(place.root)}`);
    });
    await untilHealthy(cluster);
    return await then(cluster);
  } finally {
    await cluster.close();
    await proxy.stop("SIGINT", 5000);
    await Promise.all(Object.values(agents).map((agent) => agent.stop("SIGINT", 15_000)));
    remove();
  }
}

/** Members report with their renewals, so `status` may be a moment behind what is. */
async function untilHealthy(cluster: Cluster): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    const status = await cluster.command("status", "--json");
    if (status.code === 0) return;
    if (attempt >= STATUS_ATTEMPTS)
      throw new Failure(`The new cluster is not healthy: ${status.stdout}${status.stderr}`);
    await sleep(500);
  }
}

/** The last line of every process's log. */
async function lastWords(root: string): Promise<string> {
  const logs = (await readdir(root)).filter((name) => name.endsWith(".log"));
  const lines = logs.map(async (log) => {
    const text = await readFile(join(root, log), "utf8");
    return `  ${log}: ${text.trimEnd().split("\n").at(-1)}`;
  });
  return (await Promise.all(lines)).join("\n");
}
