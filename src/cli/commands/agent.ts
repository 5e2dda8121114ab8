import type { Command } from "commander";
import { loadConfigApart } from "../../config/load-apart.ts";
import { Context, knownOr } from "../context.ts";
import { Exit, exitCodes } from "../exit.ts";

/** `agent`: one node's agent, in the foreground. */
export function addAgent(program: Command): void {
  program
    .command("agent")
    .description("run one node's agent (--node); SIGINT stops its services too, SIGTERM leaves them running")
    .option("--accept-store", "trust a store that looks older than what this node has seen of it")
    .action(async (options: { acceptStore?: boolean }, command: Command) => {
      const context = Context.of(command);
      const config = await loadConfigApart(context.file);
      const nodes = Object.keys(config.nodes);
      if (context.node === null)
        throw new Exit(exitCodes.usage, `Which node? Name it with --node: ${nodes.join(", ")}`);
      const node = knownOr(context.node, nodes, "node");
      process.title = `understudy agent ${node} -c ${context.file}`;
      const { runAgent } = await import("../../main.ts");
      await runAgent(config, node, { acceptStore: options.acceptStore === true });
    });
}
