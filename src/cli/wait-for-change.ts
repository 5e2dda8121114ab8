import { setTimeout as sleep } from "node:timers/promises";
import { InvalidArgumentError, type Command } from "commander";
import type { AgentClient } from "../api/client.ts";
import type { Config } from "../config/config.ts";
import type { GroupRecord } from "../core/record.ts";
import { Failure } from "../lib/failure.ts";
import { formatMs, parseDuration } from "../lib/units.ts";
import type { Accepted } from "./ask-for.ts";
import type { Context } from "./context.ts";
import { Exit, exitCodes } from "./exit.ts";
import { renderStory } from "./render-story.ts";
import { lastStory, type Story } from "./story.ts";

export interface WaitOptions {
  readonly wait: boolean;
  /** In milliseconds. */
  readonly timeout: number;
}

/** Adds the options of commands that wait for a change of the primary. */
export function addWaiting(command: Command): Command {
  return command
    .option("--no-wait", "do not wait until it is done")
    .option("--timeout <duration>", "how long to wait (default: 30s)", readTimeout, 30_000);
}

function readTimeout(text: string): number {
  const ms = parseDuration(text);
  if (ms === null) throw new InvalidArgumentError("Expected a duration such as 30s.");
  return ms;
}

/** A change of the primary that was asked for. */
export interface AskedChange {
  readonly group: string;
  /** The record before it was asked for. */
  readonly before: GroupRecord | null;
  readonly asked: Accepted;
  /** Whether the record still says that it is wanted. */
  readonly isOurs: (record: GroupRecord) => boolean;
}

const LOOK_MS = 100;
/** A record without the wish is believed only after that: the agent that answers may not have read the newest yet. */
const SETTLE_MS = 2000;
/** Each node tells its events a moment after they happened, so the last of them may come late. */
const EVENTS_MS = 1000;

/** Waits for the change and says how it went; ends the command with 124 when it takes too long, with 1 when it was given up. */
export async function reportChange(
  context: Context,
  config: Config,
  change: AskedChange,
  options: WaitOptions,
): Promise<void> {
  const { asked, group, before } = change;
  if (!options.wait) {
    if (context.json) context.printJson(asked);
    else context.print(`${asked.text}. See how it goes with: understudy status`);
    return;
  }
  if (!context.json) context.say(asked.text);
  const record = await awaitChange(context, config, change, options.timeout);
  const story = await newStory(await context.connect(config), group, before?.term ?? 0);
  if (context.json) context.printJson({ ...asked, outcome: "done", primary: record.primary, term: record.term, story });
  else {
    if (story !== null) context.print(...renderStory(story, context.width, context.paint), "");
    context.print(`"${record.primary}" is primary of "${group}" in term ${record.term}.`);
  }
}

async function awaitChange(
  context: Context,
  config: Config,
  { group, before, isOurs }: AskedChange,
  timeoutMs: number,
): Promise<GroupRecord> {
  const startedMs = performance.now();
  const passedMs = (): number => performance.now() - startedMs;
  let wasOurs = false;
  while (passedMs() < timeoutMs) {
    const record = await currentRecord(context, config, group);
    if (record !== null && record.term > (before?.term ?? 0) && record.open && record.primary !== null) return record;
    const isWanted = record !== null && isOurs(record);
    wasOurs ||= isWanted;
    const isGivenUp = record !== null && record.term === before?.term && record.primary !== null && !isWanted;
    if (isGivenUp && (wasOurs || passedMs() > SETTLE_MS))
      throw new Exit(exitCodes.failed, `It was given up, and "${record.primary}" stays primary: ${record.because}`);
    await sleep(LOOK_MS);
  }
  const text = `Not done within ${formatMs(timeoutMs)}; it may still happen. Follow it with: understudy status --watch`;
  throw new Exit(exitCodes.late, text);
}

/** `null` while no agent answers: they may be busy with the change. */
async function currentRecord(context: Context, config: Config, group: string): Promise<GroupRecord | null> {
  try {
    const status = await (await context.connect(config)).status();
    return status.groups.find((g) => g.group === group)?.record ?? null;
  } catch (error) {
    if (error instanceof Failure) return null;
    throw error;
  }
}

/** The story of the change, once it is complete or it is not told in time; `null` when nothing of it is told. */
async function newStory(agent: AgentClient, group: string, formerTerm: number): Promise<Story | null> {
  const endAtMs = performance.now() + EVENTS_MS;
  for (;;) {
    const story = lastStory(await agent.events(group, 200));
    const isNew = story !== null && story.term > formerTerm;
    const isWhole = story?.events.some((event) => event.kind === "vacated" || event.kind === "yielded");
    if (isNew && isWhole && story.totalMs !== null) return story;
    if (performance.now() > endAtMs) return isNew ? story : null;
    await sleep(LOOK_MS);
  }
}
