import { chown, mkdir, realpath, rename, rm, stat } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { syncDirectory } from "../../host/durable-file.ts";
import { endProcessesIn, processesIn } from "../../host/processes.ts";
import { Failure, messageOf, UserError } from "../../lib/failure.ts";
import type { DataContext } from "./context.ts";
import { scratchDirectory } from "./member-directory.ts";

/** For how long processes that an earlier life of the agent left behind may take to die. */
const END_MS = 5000;

/** Where a data directory is, and where its next and its last version are while it is replaced. */
export interface Places {
  /** The data itself, whatever symbolic link leads to it. */
  readonly data: string;
  /** A copy that is being made; never looked at as data. */
  readonly next: string;
  /** The data that was replaced, until the new one is durable. */
  readonly old: string;
}

/** Where the data of `context` is. Links are followed, so that a link stays a link when the data is replaced. */
export async function placesOf(context: Pick<DataContext, "data">): Promise<Places> {
  const wanted = resolve(context.data);
  const data = await realpath(wanted).catch(() => wanted);
  const beside = (ending: string): string => join(dirname(data), `${basename(data)}.${ending}`);
  return { data, next: beside("new"), old: beside("old") };
}

/**
 * Makes an empty directory for a new copy beside the data, and ends what an earlier life of the agent
 * may have left running there. Rejects with a {@link UserError} where the data could not be replaced as a whole.
 */
export async function makeNext(context: DataContext, places: Places): Promise<void> {
  await endLeftovers(context);
  await endProcessesIn(places.next, null, END_MS);
  const parent = dirname(places.data);
  try {
    await mkdir(parent, { recursive: true, mode: 0o711 });
    await requireReplaceable(places.data, parent);
    await rm(places.next, { recursive: true, force: true });
    await mkdir(places.next, { mode: 0o700 });
    await chown(places.next, context.account.uid, context.account.gid);
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw new Failure(`Cannot make "${places.next}" for a new copy: ${messageOf(error)}`);
  }
}

/** Ends the programs that worked on this member's data for an agent that is gone. */
export async function endLeftovers(context: Pick<DataContext, "memberDirectory">): Promise<void> {
  await endProcessesIn(scratchDirectory(context.memberDirectory), null, END_MS);
}

/** Rejects with a {@link Failure} while any process lives in the data. */
export async function requireNoProcesses(data: string): Promise<void> {
  const pids = await processesIn(data);
  if (pids.length === 0) return;
  throw new Failure(`Cannot change "${data}": the processes ${pids.join(", ")} still run in it. Stop them first.`);
}

/**
 * Puts the finished copy in the place of the data: after a crash there is the old data, the new one, or
 * none, never a mixture. What was there before is moved to `places.old`.
 */
export async function swapIn(places: Places): Promise<void> {
  await requireNoProcesses(places.data);
  const isThere = (await stat(places.data).catch(() => null)) !== null;
  if (isThere) {
    await rm(places.old, { recursive: true, force: true });
    await rename(places.data, places.old);
  }
  await rename(places.next, places.data);
  await syncDirectory(dirname(places.data));
}

async function requireReplaceable(data: string, parent: string): Promise<void> {
  const [there, above] = [await stat(data).catch(() => null), await stat(parent)];
  if (there !== null && there.dev !== above.dev)
    throw new UserError(
      `Cannot use "${data}" as data directory: it is a mount point, so it could never be replaced as a whole. Name a directory in it, for example "${join(data, "data")}".`,
    );
}
