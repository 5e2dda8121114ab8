import { stat } from "node:fs/promises";
import { sendSignal } from "../../host/processes.ts";
import { alterSystem, reload, STATEMENT_MS, until, type Instance, type Place } from "./instance.ts";
import { Failure } from "../../lib/failure.ts";
import { replicationPassfile } from "./secrets.ts";
import { readServerState, type ServerState } from "./server-state.ts";

/** How long the receiver may take to end. */
const SEVER_MS = 3000;

/**
 * Whether nothing can be received, now and until the password is there again: it is not, and no process that could have
 * read it lives. Receivers that the server starts from then on are turned away, and say nothing.
 */
export async function isSevered({ place, severed }: Instance, state: ServerState): Promise<boolean> {
  const none = state.receiverPids.length === 0 || severed.life === state.life;
  return none && !(await hasPassword(place));
}

/**
 * Ends receivers until none is seen by a look that began after the password was withheld. Rejects with a
 * {@link Failure} when one does not end.
 */
export async function sever(instance: Instance): Promise<void> {
  const { clock, place, severed } = instance;
  const what = (): string => `Cannot seal "${place.member}": its receiving process does not end`;
  await until(clock, SEVER_MS, what, async () => {
    const { isStandby, life, receiverPids } = await endReceivers(instance);
    if (!isStandby) throw new Failure(`Cannot seal "${place.member}": it is a primary`);
    if (receiverPids.length === 0) severed.life = life;
    return receiverPids.length === 0;
  });
}

/** The server itself offers no way to end this kind of process; it is told by the system. */
export async function endReceivers({ acting }: Instance): Promise<ServerState> {
  const state = await readServerState(acting, STATEMENT_MS);
  for (const pid of state.receiverPids) sendSignal(pid, "SIGTERM");
  return state;
}

/**
 * Takes the connection out of the settings, so that the server no longer tries in vain. Every process of it then reads them
 * all: some ten milliseconds of a processor, which a takeover need not wait for.
 */
export async function disconnect(instance: Instance): Promise<void> {
  const state = await readServerState(instance.acting, STATEMENT_MS);
  if (!state.isStandby || state.primaryConninfo === "" || !(await isSevered(instance, state))) return;
  await alterSystem(instance, "primary_conninfo", "");
  await reload(instance);
}

/** The file's absence counts, so whatever else keeps us from seeing it does not. */
async function hasPassword(place: Place): Promise<boolean> {
  return stat(replicationPassfile(place.memberDirectory)).then(
    () => true,
    (error: NodeJS.ErrnoException) => error.code !== "ENOENT",
  );
}
