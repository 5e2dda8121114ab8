import { setTimeout as sleep } from "node:timers/promises";
import { InvalidArgumentError, type Command } from "commander";
import { EVENTS_MOST } from "../../api/contract.ts";
import type { Config } from "../../config/config.ts";
import type { GroupEvent } from "../../core/event.ts";
import { Failure } from "../../lib/failure.ts";
import { Context } from "../context.ts";

/** Between attempts to find an agent again. */
const AGAIN_MS = 500;

/** `events`: what happened, newest last. */
export function addEvents(program: Command): void {
  program
    .command("events")
    .description("list what happened in a group, or in all of them")
    .option("-f, --follow", "go on with each further event until Ctrl-C")
    .option("-l, --limit <number>", `how many of the newest (at most ${EVENTS_MOST})`, readLimit, 50)
    .action(async (options: { follow?: boolean; limit: number }, command: Command) => {
      const context = Context.of(command);
      const config = await context.loadConfig();
      const groups = context.groupsOf(config);
      const group = groups.length === 1 ? (groups[0] ?? null) : null;
      if (options.follow === true) return follow(context, config, group, options.limit);
      const events = await (await context.connect(config)).events(group, options.limit);
      if (context.json) context.printJson(events);
      else context.print(...events.map((event) => describeEvent(event, context)));
    });
}

function readLimit(text: string): number {
  const limit = Number(text);
  if (Number.isInteger(limit) && limit >= 0 && limit <= EVENTS_MOST) return limit;
  throw new InvalidArgumentError(`Expected a whole number from 0 to ${EVENTS_MOST}.`);
}

function describeEvent({ atMs, group, node, term, kind, rule, because }: GroupEvent, { paint }: Context): string {
  const head = `${new Date(atMs).toISOString()}  ${group}  term ${term}  ${node}  ${paint.head(kind)}`;
  return `${head}${rule === "" ? "" : `  ${paint.dim(`(${rule})`)}`}  ${because}`;
}

/** Follows one agent, and when that one ends the next, without telling anything twice. */
async function follow(context: Context, config: Config, group: string | null, limit: number): Promise<void> {
  const stop = new AbortController();
  process.once("SIGINT", () => stop.abort()).once("SIGTERM", () => stop.abort());
  let after: string | null = null;
  const tell = (event: GroupEvent): void => {
    after = after === null || event.id > after ? event.id : after;
    if (context.json) context.printJson(event);
    else context.print(describeEvent(event, context));
  };
  let agent = await context.connect(config);
  while (!stop.signal.aborted) {
    await agent.follow({ group, limit, after }, tell, stop.signal).catch(onlyFailures);
    if (stop.signal.aborted) break;
    await sleep(AGAIN_MS, undefined, { signal: stop.signal }).catch(() => undefined);
    agent = await context.connect(config).catch((error: unknown) => (onlyFailures(error), agent));
  }
}

function onlyFailures(error: unknown): void {
  if (!(error instanceof Failure)) throw error;
}
