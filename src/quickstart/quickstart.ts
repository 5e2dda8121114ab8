import { asPostgres } from "../config/as-postgres.ts";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { writingAddress } from "../config/route-addresses.ts";
import type { Config, GroupConfig } from "../config/config.ts";
import { loadConfig } from "../config/load.ts";
import { takeLock } from "../host/lock.ts";
import { UserError } from "../lib/failure.ts";
import { findPrograms } from "../services/postgres/programs.ts";
import { Load } from "./client/load.ts";
import { withPassword } from "./client/password-file.ts";
import { killPrimary, seeAllBack, seeTakeover } from "./demonstration.ts";
import { describeMs } from "./describe.ts";
import type { QuickstartOptions } from "./options.ts";
import { preparePlace } from "./place.ts";
import { requireFreePorts } from "./ports.ts";
import type { Screen } from "./screen.ts";
import { describeTakeover, describeVerdict, isIntact } from "./takeover-report.ts";
import { stopLeftover } from "./up.ts";
import { withMembers, type Scene } from "./with-members.ts";
import { commandLines, connectionLines, introduction } from "./words.ts";

/** For how long the client writes before the primary is killed: time to read, and to connect. */
const CALM_MS = 8000;
/** The first start makes a database and copies it twice. */
const START_WITHIN_MS = 120_000;
const WORKERS = 4;
const PER_SECOND = 200;
/** After the demonstration the client only shows that all goes on. */
const PER_SECOND_LATER = 10;

/**
 * Starts a group of three, shows a takeover, and goes on until it is stopped. Everything has been stopped
 * cleanly when it resolves or rejects. Resolves to whether nothing was lost and all members came back.
 */
export async function quickstart(screen: Screen, options: QuickstartOptions): Promise<boolean> {
  const place = await preparePlace(options.checkout);
  const lock = await takeLock(join(place.directory, "quickstart.lock"));
  if (!lock.taken)
    throw new UserError(
      `The quickstart of this checkout runs already${lock.heldBy === null ? "" : ` (process ${lock.heldBy})`}. Stop it with Ctrl-C there, or use it: its data is in ${place.directory}`,
    );
  try {
    const config = await loadConfig(place.file);
    const group = onlyGroup(config);
    const { version } = await findPrograms(asPostgres(group.service).programs);
    if (await stopLeftover(place))
      screen.say("Stopped what an earlier quickstart, which was itself killed, left running.");
    await requireFreePorts(config);
    screen.say(...introduction(group, place, version));
    return await withMembers(screen, options, place, config, group, (scene) => tell(screen, options, scene));
  } finally {
    lock.release();
  }
}

/** What the user sees, from the start to the end. */
async function tell(screen: Screen, options: QuickstartOptions, scene: Scene): Promise<boolean> {
  const { watch, status, group, beganMs } = scene;
  const startedMs = await seeAllBack(watch, beganMs, START_WITHIN_MS);
  const load = await startClient(scene);
  screen.say("", `All members are there after ${describeMs(startedMs)}.`, "");
  screen.say(...connectionLines(group, passfileOf(scene)), ...commandLines(scene.place, options.checkout), "");
  screen.say(`A small client now commits about ${PER_SECOND} transfers a second and remembers each acknowledgement.`);
  screen.say(`In ${CALM_MS / 1000} seconds the primary will be killed.`);
  status.follow(load);
  await sleep(CALM_MS);
  const isGood = await demonstrate(screen, scene, load);
  if (options.once) return isGood;
  load.setPace(PER_SECOND_LATER);
  screen.say("", "That was the quickstart. It goes on until you press Ctrl-C; kill, stop and switch over as you like.");
  await new Promise((resolve) => options.stop.addEventListener("abort", resolve));
  return isGood;
}

async function demonstrate(screen: Screen, { watch, group }: Scene, load: Load): Promise<boolean> {
  const kill = await killPrimary(watch, group);
  screen.say(
    "",
    `The primary "${kill.member}" has been killed: SIGKILL to its PostgreSQL server, process ${kill.pid}.`,
  );
  const takeover = await seeTakeover(watch, load, kill);
  screen.say(...describeTakeover(takeover));
  const backMs = await seeAllBack(watch, kill.atMs);
  screen.say(`"${kill.member}" came back by itself after ${describeMs(backMs)}, as a standby of "${takeover.to}".`);
  const verdict = await load.verify();
  screen.say(describeVerdict(verdict));
  return isIntact(verdict);
}

async function startClient(scene: Scene): Promise<Load> {
  const { database, user } = asPostgres(scene.group.service);
  const address = writingAddress(scene.group.routes);
  if (address === null) throw new UserError(`${scene.place.file} has no proxy that a client could come in through.`);
  const target = await withPassword({ ...address, database, user }, passfileOf(scene));
  return Load.start({ target, workers: WORKERS, perSecond: PER_SECOND });
}

/** Every agent writes the application's password beside its member's data. */
function passfileOf({ config, group }: Scene): string {
  const [node] = Object.keys(group.members);
  return join(config.nodes[node ?? ""]?.directory ?? "", group.group, "application.pgpass");
}

function onlyGroup(config: Config): GroupConfig {
  const [group, ...others] = Object.values(config.groups);
  if (group === undefined || others.length > 0)
    throw new UserError(`The quickstart shows one group, and ${config.file} has ${others.length + 1}.`);
  return group;
}
