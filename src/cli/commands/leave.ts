import type { Command } from "commander";
import { paths } from "../../api/contract.ts";
import { Context, knownOr, whoAsks } from "../context.ts";
import { doneOr } from "../done-or.ts";
import { Exit, exitCodes } from "../exit.ts";

/** `leave`: a node that is no primary goes for good. */
export function addLeave(program: Command): void {
  program
    .command("leave")
    .description("take a node (--node) out of the cluster for good; its services stop, its data stays")
    .action(async (_options: unknown, command: Command) => {
      const context = Context.of(command);
      const config = await context.loadConfig();
      const nodes = Object.keys(config.nodes);
      const { node } = context;
      if (node === null) throw new Exit(exitCodes.usage, `Which node? Name it with --node: ${nodes.join(", ")}`);
      knownOr(node, nodes, "node");
      const agent = await context.connectAny(config);
      const { number } = doneOr(await agent.membership<{ number: number }>(paths.leave, { node, by: whoAsks() }));
      if (context.json) return context.printJson({ node, configuration: number });
      context.print(
        `"${node}" leaves: configuration ${number}. Its agent stops its services once nobody counts on its copy; the others go on without it.`,
      );
    });
}
