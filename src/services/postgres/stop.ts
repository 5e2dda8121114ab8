import { endProcessesIn, isAlive, processesIn, sendSignal } from "../../host/processes.ts";
import { Failure } from "../../lib/failure.ts";
import { finalPosition } from "./final-position.ts";
import { inFreshSession, until, type Instance } from "./instance.ts";
import { scratchDirectory } from "./member-directory.ts";
import { postmasterPid } from "./postmaster.ts";

/** For how long a clean stop may take: its checkpoint, and standbys that take what is left. */
const CLEAN_MS = 10_000;
const KILL_MS = 5000;

/** Between looks for the last checkpoint, and then, when nobody waits for it any more, for the end of the processes. */
const STOP_LOOK_MS = 2;
const GONE_LOOK_MS = 10;

/** Writing out what is dirty takes as long as the disk needs. */
const CHECKPOINT_MS = 300_000;

/**
 * Stops the server in an orderly way: clients are cut off, and everything up to the last checkpoint goes
 * to the standbys that are connected. Rings when that checkpoint is written. Done when no process of it lives. Rejects with a {@link Failure} when
 * some still do after a while; then it may be ended for good.
 */
export async function stopCleanly({ place, clock, ring }: Instance): Promise<void> {
  const { data } = place;
  const pid = await postmasterPid(data);
  const there = await processesIn(data);
  if (there.length === 0) return;
  if (pid === null || !there.includes(pid))
    throw new Failure(
      `Cannot stop PostgreSQL in "${data}" cleanly: its main process is gone, ${there.join(", ")} are left`,
    );
  sendSignal(pid, "SIGINT");
  const what = (): string => `PostgreSQL in "${data}" has not stopped cleanly. It can be ended for good`;
  const isDown = async (): Promise<boolean> => !(await isAlive(pid)) && (await processesIn(data)).length === 0;
  const hasEnded = async (): Promise<boolean> => (await finalPosition(data).catch(() => null)) !== null;
  await until(clock, CLEAN_MS, what, async () => (await hasEnded()) || (await isDown()), STOP_LOOK_MS);
  ring();
  await until(clock, CLEAN_MS, what, isDown, GONE_LOOK_MS);
}

/** Ends every process of the server, and every program that works on its data, for good. */
export async function endForGood({ place }: Instance): Promise<void> {
  await endProcessesIn(place.data, await postmasterPid(place.data), KILL_MS);
  await endProcessesIn(scratchDirectory(place.memberDirectory), null, KILL_MS);
}

/** Writes out what is dirty while clients still work, so that a stop right after it has little to do. */
export async function prepareStop(instance: Instance): Promise<void> {
  await checkpoint(instance);
}

/** A checkpoint of the server at full speed, in a session of its own: it holds up nothing else. */
export async function checkpoint(instance: Instance): Promise<void> {
  await inFreshSession(instance, (fresh) => fresh.rowsWithin(CHECKPOINT_MS, { text: "CHECKPOINT" }));
}
