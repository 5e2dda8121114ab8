import type { Command } from "commander";
import { askFor } from "../ask-for.ts";
import { Context, whoAsks } from "../context.ts";

/** `resume`: ends a pause. */
export function addResume(program: Command): void {
  program
    .command("resume")
    .description("let takeovers happen again")
    .option("--because <text>", "why, for the record and the events")
    .action(async (options: { because?: string }, command: Command) => {
      const context = Context.of(command);
      const config = await context.loadConfig();
      const group = context.groupOf(config);
      const agent = await context.connect(config);
      const result = await askFor(agent, { do: "resume", group, by: whoAsks(), because: options.because ?? "" });
      if (context.json) context.printJson(result);
      else context.print(result.text);
    });
}
