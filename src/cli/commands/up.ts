import { once } from "node:events";
import type { Command } from "commander";
import { Context, knownOr } from "../context.ts";
import { Exit, exitCodes } from "../exit.ts";

const NO_NODES =
  "The configuration has no nodes, so there is nothing that an agent would run. Its routes are run by: understudy proxy";

/** `up`: everything of a configuration on this machine, in the foreground. */
export function addUp(program: Command): void {
  program
    .command("up")
    .description(
      "run all agents and proxies of the configuration on this machine, or one node's agent alone (--node); Ctrl-C stops everything cleanly",
    )
    .action(async (_options: unknown, command: Command) => {
      const context = Context.of(command);
      const { loadConfigApart } = await import("../../config/load-apart.ts");
      const config = await loadConfigApart(context.file);
      if (Object.keys(config.nodes).length === 0) throw new Exit(exitCodes.usage, NO_NODES);
      if (context.node !== null) knownOr(context.node, Object.keys(config.nodes), "node");
      const { Supervisor } = await import("../supervisor.ts");
      const say = (text: string): void =>
        context.json ? context.printJson({ at: new Date().toISOString(), text }) : context.say(text);
      const asked = Promise.race([once(process, "SIGINT"), once(process, "SIGTERM")]);
      const ignore = (): void =>
        say("already stopping; this takes as long as the databases need to write everything out");
      const supervisor = await Supervisor.start(config, say, context.node);
      await asked;
      process.on("SIGINT", ignore).on("SIGTERM", ignore);
      say("stopping: the proxies first, then all agents and their services");
      await supervisor.stop();
      say("everything is stopped");
    });
}
