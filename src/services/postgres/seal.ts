import { sendSignal } from "../../host/processes.ts";
import { alterSystem, reload, requireRole, STATEMENT_MS, until, type Instance } from "./instance.ts";
import { withholdReplicationPassword } from "./secrets.ts";
import { readServerState, type ServerState } from "./server-state.ts";

/** How long the receiver may take to end, and what was received to be replayed. */
const SEVER_MS = 3000;
const REPLAY_MS = 2000;

/**
 * Stops receiving so that it stays so, through reloads and restarts, and finds the end of the data.
 *
 * Taking the connection out of the configuration would not be enough: the process that replays enacts it,
 * and while that is held up (stopped, or busy) the receiver goes on acknowledging. So the password goes
 * first: a receiver that starts later cannot log in. Then every receiver that lives is
 * ended. As soon as none is seen after the password has gone, nothing can be received any more:
 * one that is seen later was started later, and one that is started and not yet seen has not yet
 * read the password. Rejects with a {@link Failure} if either does not come about in time; then nothing may be said about the position.
 */
export async function seal(instance: Instance): Promise<void> {
  const { clock, place } = instance;
  const before = await requireRole(instance, "standby", "seal");
  withholdReplicationPassword(place.memberDirectory);
  await Promise.all([disconnect(instance, before), severed(instance)]);
  const what = (): string =>
    `Cannot seal "${place.member}": it receives nothing any more, and what it received is not replayed yet`;
  await until(clock, REPLAY_MS, what, async () => {
    const state = await endReceivers(instance);
    const receivesNothing = state.receiverPids.length === 0 && state.primaryConninfo === "";
    return instance.replayEnd.observe(state, receivesNothing, clock.nowMs()) !== null;
  });
}

async function disconnect(instance: Instance, { primaryConninfo }: ServerState): Promise<void> {
  if (primaryConninfo === "") return;
  await alterSystem(instance, "primary_conninfo", "");
  await reload(instance);
}

/** Ends receivers until none is seen by a look that began after the password was withheld. */
async function severed(instance: Instance): Promise<void> {
  const what = (): string => `Cannot seal "${instance.place.member}": its receiving process does not end`;
  await until(instance.clock, SEVER_MS, what, async () => {
    const { receiverPids } = await endReceivers(instance);
    return receiverPids.length === 0;
  });
}

/** The server itself offers no way to end this kind of process; it is told by the system. */
async function endReceivers({ acting }: Instance): Promise<ServerState> {
  const state = await readServerState(acting, STATEMENT_MS);
  for (const pid of state.receiverPids) sendSignal(pid, "SIGTERM");
  return state;
}
