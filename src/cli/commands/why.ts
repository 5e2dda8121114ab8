import type { Command } from "commander";
import { Context } from "../context.ts";
import { renderStory } from "../render-story.ts";
import { lastStory } from "../story.ts";

/** As many events as a takeover and what led to it can have. */
const EVENTS = 500;

/** `why`: the last change of the primary, with its reasons and times. */
export function addWhy(program: Command): void {
  program
    .command("why")
    .description("tell the last takeover as a timeline: what happened when, by which rule, and why")
    .action(async (_options: unknown, command: Command) => {
      const context = Context.of(command);
      const config = await context.loadConfig();
      const group = context.groupOf(config);
      const story = lastStory(await (await context.connect(config)).events(group, EVENTS));
      if (context.json) context.printJson(story);
      else if (story === null) context.print(`No member of "${group}" has become primary yet.`);
      else context.print(...renderStory(story, context.width, context.paint));
    });
}
