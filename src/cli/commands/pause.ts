import type { Command } from "commander";
import { askFor } from "../ask-for.ts";
import { Context, whoAsks } from "../context.ts";

/** `pause`: nobody changes roles until `resume`. */
export function addPause(program: Command): void {
  program
    .command("pause")
    .description("keep everybody from changing roles (the primary goes on; nobody takes over by himself)")
    .option("--because <text>", "why, for the record and the events")
    .action(async (options: { because?: string }, command: Command) => {
      const context = Context.of(command);
      const config = await context.loadConfig();
      const group = context.groupOf(config);
      const agent = await context.connect(config);
      const result = await askFor(agent, { do: "pause", group, by: whoAsks(), because: options.because ?? "" });
      if (context.json) context.printJson(result);
      else context.print(result.text);
    });
}
