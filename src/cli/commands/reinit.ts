import type { Command } from "commander";
import { askFor } from "../ask-for.ts";
import { Context, knownOr, whoAsks } from "../context.ts";

/** `reinit`: throws a standby's data away and clones it anew. */
export function addReinit(program: Command): void {
  program
    .command("reinit")
    .description("replace a standby's data by a new copy of the primary's")
    .argument("<member>", "the standby")
    .option("--because <text>", "why, for the record and the events")
    .action(async (member: string, options: { because?: string }, command: Command) => {
      const context = Context.of(command);
      const config = await context.loadConfig();
      const group = context.groupOf(config);
      knownOr(member, Object.keys(config.groups[group]?.members ?? {}), "member");
      const agent = await context.connect(config);
      const result = await askFor(agent, {
        do: "reinit",
        group,
        member,
        by: whoAsks(),
        because: options.because ?? "",
      });
      if (context.json) context.printJson(result);
      else context.print(result.text);
    });
}
