import cluster from "node:cluster";
import { fileURLToPath } from "node:url";
import { availableParallelism } from "node:os";
import type { Command } from "commander";
import type { Config } from "../../config/config.ts";
import { groupsOfRoute } from "../../config/route-groups.ts";
import { loadConfigApart } from "../../config/load-apart.ts";
import { tell } from "../../host/tell.ts";
import { runGenerations } from "../../run/generations.ts";
import { keeperOfThis } from "../../run/keeper-of-this.ts";
import { UserError } from "../../lib/failure.ts";
import { Context, knownOr } from "../context.ts";
import { Exit, exitCodes } from "../exit.ts";
import type { WebProxyOptions } from "../web-proxy.ts";

const MAX_PROCESSES = 256;

const several = (text: string, before: readonly string[] = []): readonly string[] => [...before, text];

/** `proxy`: one route of the configuration or all of them, or web servers without any configuration; in the foreground. */
export function addProxy(program: Command): void {
  program
    .command("proxy")
    .description("run a proxy, or all of them, until SIGTERM or SIGINT; with --listen and --to one for web servers")
    .option("--route <name>", "the route's name (default: all routes)")
    .option("--listen <address>", "web: where clients come in, such as :8080")
    .option("--to <server>", "web: where requests go, such as 127.0.0.1:9001, with a weight 127.0.0.1:9001=3", several)
    .option("--standby <server>", "web: where they go while no --to can serve", several)
    .option(
      "--balance <how>",
      "web: among several: two (the less busy of two drawn), least, round-robin, client (the same one for the same address); default: two",
    )
    .option(
      "--sticky <cookie>",
      "web: binds a client to its server by a cookie of that name, as long as that server is good",
    )
    .option("--health <path>", "web: what is asked for to see if a server works (default: any answer to HEAD /)")
    .option("--health-status <range>", "web: which status is good (default: 200-399)")
    .option("--health-body <text>", "web: what the answer must have in it")
    .option("--health-host <host>", "web: the Host that is asked for (default: the address)")
    .option("--processes <number>", "web: how many processes share the port; auto: one for each processor (default: 1)")
    .option("--hold <time>", "web: how long a request waits while no server can serve (default: 30s)")
    .option("--drain <time>", "web: how long requests under way may take at the end (default: 10s)")
    .option(
      "--cert <file>",
      "web: a certificate with its chain, for clients that speak TLS; read anew by SIGHUP",
      several,
    )
    .option("--key <file>", "web: its key; several pairs are chosen by the name that a client asks for", several)
    .option("--trust <network>", "web: proxies in front whose X-Forwarded-For is believed", several)
    .option("--proxy-protocol", "web: those of --trust begin each connection with a PROXY header")
    .option("--access-log <file>", "web: a line of JSON for each request; opened anew by SIGHUP")
    .option("--control <path>", "web: a socket for status, drain, switchover and changes")
    .action(async (options: { route?: string } & WebProxyOptions, command: Command) => {
      const context = Context.of(command);
      if (options.listen !== undefined || options.to !== undefined) {
        if (!cluster.isWorker)
          return keepServing(`understudy proxy ${options.listen ?? ""}`, processesOf(options.processes ?? "1"));
        const { runWebProxy } = await import("../web-proxy.ts");
        return runWebProxy(options, context);
      }
      const config = await loadConfigApart(context.file);
      const wanted = routesOf(config, context.groupsOf(config), options.route ?? null);
      const title = `understudy proxy ${wanted.map(({ route }) => route).join(" ")} -c ${context.file}`;
      const shares = wanted.map((one) => processesFor(config, one));
      if (!cluster.isWorker && !shares.includes(null)) return keepServing(title, Math.max(...shares.map(Number)));
      process.title = title;
      const keeper = keeperOfThis();
      const served = wanted.filter((_, at) => (shares[at] ?? 1) > (keeper?.index ?? 0));
      let opening = served.length;
      const ready = (): void => {
        opening -= 1;
        if (opening === 0) keeper?.ready();
      };
      const { runRoute } = await import("../../routes/run-route.ts");
      const { awaitStore } = await import("../../store/await-store.ts");
      const log = (text: string): void => tell(`${new Date().toISOString()} ${text}`);
      const stop = new AbortController();
      const needsStore = served.some((one) => followsRecord(config, one));
      const away = (because: string): void => log(`Waiting for the store, clients are held: ${because}`);
      const store = needsStore ? awaitStore(config.store, { away, signal: stop.signal }) : null;
      try {
        await Promise.all(
          served.map(({ group, route }) =>
            runRoute(config, group, route, { store: store ?? Promise.resolve(null), log, ready, keeper }),
          ),
        );
      } finally {
        stop.abort();
        await (await store)?.close();
      }
    });
}

const MAIN = fileURLToPath(new URL("../main.ts", import.meta.url));

/** The same command in a process of its own, which another one can take over from. */
async function keepServing(title: string, processes: number): Promise<void> {
  process.title = title;
  const log = (text: string): void => tell(`${new Date().toISOString()} ${text}`);
  const code = await runGenerations({ file: MAIN, args: process.argv.slice(2), processes, log });
  process.exit(code);
}

/** How many processes may share the route's port; `null`: another one can neither share it nor take over. */
function processesFor(config: Config, { group, route }: Wanted): number | null {
  const found = config.groups[group]?.routes.find(({ name }) => name === route);
  return found?.kind === "http" ? found.processes : null;
}

/** A number, or one for each processor. */
function processesOf(text: string): number {
  const count = text === "auto" ? availableParallelism() : Number(text);
  if (Number.isInteger(count) && count >= 1 && count <= MAX_PROCESSES) return count;
  throw new UserError(`--processes is "${text}"; expected a number from 1 to ${MAX_PROCESSES}, or auto`);
}

/** Servers that nobody of us runs have no record. */
function followsRecord(config: Config, { group, route }: Wanted): boolean {
  const found = config.groups[group]?.routes.find(({ name }) => name === route);
  const groups = found === undefined ? [] : groupsOfRoute(config, group, found);
  return groups.some(({ service }) => service.kind !== "external");
}

interface Wanted {
  readonly group: string;
  readonly route: string;
}

function routesOf(config: Config, groups: readonly string[], name: string | null): readonly Wanted[] {
  const all = groups.flatMap((group) =>
    (config.groups[group]?.routes ?? []).map((route) => ({ group, route: route.name })),
  );
  if (all.length === 0) throw new Exit(exitCodes.usage, `There are no routes in ${groups.join(", ")}`);
  if (name === null) return all;
  knownOr(
    name,
    all.map(({ route }) => route),
    "route",
  );
  return all.filter(({ route }) => route === name);
}
