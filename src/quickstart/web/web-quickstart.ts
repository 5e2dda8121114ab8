import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { systemClock } from "../../agent/system-clock.ts";
import type { Address, GroupConfig } from "../../config/config.ts";
import { loadConfig } from "../../config/load.ts";
import { writingAddress } from "../../config/route-addresses.ts";
import { takeLock } from "../../host/lock.ts";
import { sendSignal } from "../../host/processes.ts";
import { Failure, UserError } from "../../lib/failure.ts";
import { longestGap } from "../client/gap.ts";
import { describeMs } from "../describe.ts";
import { whatIsMissing, type GroupWatch } from "../group-watch.ts";
import { preparePlace, type Place } from "../place.ts";
import { requireFreePorts } from "../ports.ts";
import type { QuickstartOptions } from "../options.ts";
import type { Screen } from "../screen.ts";
import { stopLeftover } from "../up.ts";
import { withMembers } from "../with-members.ts";
import { commandLines } from "../words.ts";
import { Visitor } from "./visitor.ts";

const CALM_MS = 5000;
const WITHIN_MS = 60_000;
/** The last requests of a gap come in a moment later. */
const LATER_MS = 600;

/**
 * Starts a web server on one of two members, kills it under a visitor's eyes, and goes on until it is stopped. Everything has been
 * stopped when it resolves or rejects. Resolves to whether every request was answered but those that the server was killed with.
 */
export async function webQuickstart(screen: Screen, options: QuickstartOptions): Promise<boolean> {
  const place = await preparePlace(options.checkout, "web", ["web-server.mjs"]);
  const lock = await takeLock(join(place.directory, "quickstart.lock"));
  if (!lock.taken) throw new UserError(`The web quickstart of this checkout runs already. Stop it with Ctrl-C there`);
  try {
    const config = await loadConfig(place.file);
    const [group] = Object.values(config.groups);
    const at = group === undefined ? null : writingAddress(group.routes);
    if (group === undefined || at === null)
      throw new UserError(`${place.file} has no group with a proxy that visitors could come in through.`);
    if (await stopLeftover(place)) screen.say("Stopped what an earlier quickstart left running.");
    await requireFreePorts(config);
    screen.say(...introduction(group, place, `http://${at.host}:${at.port}/`));
    return await withMembers(screen, options, place, config, group, ({ watch }) =>
      tell(screen, options, watch, at, commandLines(place, options.checkout)),
    );
  } finally {
    lock.release();
  }
}

function introduction(group: GroupConfig, { file }: Place, url: string): readonly string[] {
  return [
    "Understudy quickstart: a web server",
    "",
    `One of the members ${Object.keys(group.members).join(" and ")} runs it; the other one starts it when that one ends, or its host is lost.`,
    `Visitors come in at ${url}, whoever runs it, and wait while nobody does.`,
    `Configuration: ${file}`,
    "",
  ];
}

async function tell(
  screen: Screen,
  options: QuickstartOptions,
  watch: GroupWatch,
  at: Address,
  commands: readonly string[],
): Promise<boolean> {
  await untilWhole(watch);
  const visitor = new Visitor(at);
  try {
    screen.say("", "All is there.", ...commands, "");
    screen.say(`A visitor asks without a pause. In ${CALM_MS / 1000} seconds the server will be killed.`);
    await sleep(CALM_MS);
    const isGood = await demonstrate(screen, watch, visitor);
    if (options.once) return isGood;
    screen.say("", "That was it. It goes on until you press Ctrl-C; kill, stop and switch over as you like.");
    await new Promise((resolve) => options.stop.addEventListener("abort", resolve));
    return isGood;
  } finally {
    visitor.stop();
  }
}

async function demonstrate(screen: Screen, watch: GroupWatch, visitor: Visitor): Promise<boolean> {
  const { record } = await watch.look();
  const pid = Number(/process (\d+)/.exec(visitor.last)?.[1]);
  const atMs = systemClock.nowMs();
  if (record === null || !(pid > 1 && sendSignal(pid, "SIGKILL")))
    throw new Failure(`The server does not say which process it is: "${visitor.last}"`);
  screen.say("", `The server of "${record.primary}" has been killed: SIGKILL to process ${pid}.`);
  await until(async () => (visitor.answeredAtMs.at(-1) ?? 0) > atMs && !visitor.last.includes(`process ${pid}`));
  await sleep(LATER_MS);
  const { ms } = longestGap(visitor.answeredAtMs, atMs, systemClock.nowMs());
  const now = await watch.look();
  screen.say(`"${now.record?.primary}" took over: ${describeMs(ms)} without an answer, its start included.`);
  screen.say(`Requests: ${visitor.answeredAtMs.length} answered, ${visitor.failed} lost with the server.`);
  await untilWhole(watch);
  screen.say(`"${record.primary}" is back by itself, as the standby.`);
  return visitor.failed <= 1 && now.record?.primary !== record.primary;
}

function untilWhole(watch: GroupWatch): Promise<void> {
  return until(async () => whatIsMissing(await watch.look(), true) === null);
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  for (const endAtMs = systemClock.nowMs() + WITHIN_MS; !(await holds()); await sleep(20))
    if (systemClock.nowMs() > endAtMs) throw new Failure(`It has not come about within ${WITHIN_MS / 1000} s`);
}
