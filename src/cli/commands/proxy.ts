import type { Command } from "commander";
import type { Config } from "../../config/config.ts";
import { loadConfigApart } from "../../config/load-apart.ts";
import { tell } from "../../host/tell.ts";
import { Context, knownOr } from "../context.ts";
import { Exit, exitCodes } from "../exit.ts";

/** `proxy`: one route or all of them, in the foreground. */
export function addProxy(program: Command): void {
  program
    .command("proxy")
    .description("run a proxy, or all of them, until SIGTERM or SIGINT")
    .option("--route <name>", "the route's name (default: all routes)")
    .action(async (options: { route?: string }, command: Command) => {
      const context = Context.of(command);
      const config = await loadConfigApart(context.file);
      const wanted = routesOf(config, context.groupsOf(config), options.route ?? null);
      process.title = `understudy proxy ${wanted.map(({ route }) => route).join(" ")} -c ${context.file}`;
      const { runProxy } = await import("../../routes/proxy/proxy-process.ts");
      const { awaitStore } = await import("../../store/await-store.ts");
      const log = (text: string): void => tell(`${new Date().toISOString()} ${text}`);
      const stop = new AbortController();
      const away = (because: string): void => log(`Waiting for the store, clients are held: ${because}`);
      const store = awaitStore(config.store, { away, signal: stop.signal });
      try {
        await Promise.all(wanted.map(({ group, route }) => runProxy(config, group, route, { store, log })));
      } finally {
        stop.abort();
        await (await store)?.close();
      }
    });
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
