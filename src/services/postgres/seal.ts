import { until, type Instance } from "./instance.ts";
import { withholdReplicationPassword } from "./secrets.ts";
import { startServer } from "./start.ts";
import { endForGood } from "./stop.ts";
import { endReceivers, isSevered, sever } from "./severed.ts";

/** How long what was received may take to be replayed. */
const REPLAY_MS = 2000;

/**
 * Stops receiving so that it stays so, through reloads and restarts, and finds the end of the data.
 *
 * Taking the connection out of the configuration would not be enough: the process that replays enacts it,
 * and while that is held up (stopped, or busy) the receiver goes on acknowledging. So the password
 * goes: a receiver that starts later cannot log in. Then every receiver that lives is
 * ended. As soon as none is seen after the password has gone, nothing can be received any more:
 * one that is seen later was started later, and one that is started and not yet seen has not yet
 * read the password. The configuration follows when nobody waits for it (`disconnect`). Rejects with a `Failure`
 * if either does not come about in time; then nothing may be said about the position.
 *
 * A promotion that an earlier life of the agent has asked for, or that came to nothing, would still come: nothing but the end of the
 * server calls it off.
 */
export async function seal(instance: Instance, signal: AbortSignal): Promise<void> {
  const { clock, place, identity } = instance;
  withholdReplicationPassword(place.memberDirectory);
  if ((await identity.get()).promoting !== null) await startAnew(instance, signal);
  await sever(instance);
  const what = (): string =>
    `Cannot seal "${place.member}": it receives nothing any more, and what it received is not replayed yet`;
  await until(clock, REPLAY_MS, what, async () => {
    const state = await endReceivers(instance);
    return instance.replayEnd.observe(state, await isSevered(instance, state), clock.nowMs()) !== null;
  });
}

async function startAnew(instance: Instance, signal: AbortSignal): Promise<void> {
  await endForGood(instance);
  await startServer(instance, signal);
}
