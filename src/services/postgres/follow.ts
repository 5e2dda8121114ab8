import type { ServiceAction } from "../../core/service-action.ts";
import { hasDiverged, positionAt } from "../../core/position.ts";
import { sendSignal } from "../../host/processes.ts";
import { Failure } from "../../lib/failure.ts";
import { conninfoFor } from "./conninfo.ts";
import { alterSystem, reload, requireRole, STATEMENT_MS, until, type Instance } from "./instance.ts";
import { writeReplicationPassfile } from "./secrets.ts";
import { readServerState } from "./server-state.ts";

const RELOAD_MS = 2000;

type Follow = Extract<ServiceAction, { readonly do: "follow" }>;

/**
 * Begins to receive from the primary of a term. Before the server is told, and so before that can bring a byte,
 * the data knows where that term and all before it began. Done when the server has been told; whether a stream stands is for
 * the look to say. Rejects with a {@link Failure} when the data holds what that history does not.
 */
export async function follow(instance: Instance, { from, term, forks }: Follow): Promise<void> {
  const { place, identity } = instance;
  const what = `follow "${from}"`;
  const address = place.members[from];
  if (from === place.member) throw new Failure(`Cannot ${what}: it is this member itself`);
  if (address === undefined)
    throw new Failure(
      `Cannot ${what}: the configuration of this node does not name it. Bring the file up to date and start the agent again`,
    );
  const state = await requireRole(instance, "standby", what);
  const before = await identity.get();
  const position = positionAt(state.replayOffset ?? 0, before.forks);
  if (hasDiverged(position, forks))
    throw new Failure(
      `Cannot ${what}: the data of "${place.member}" goes to ${position.offset} in term ${position.term}, which is not in the history of term ${term}. It must be rewound or cloned`,
    );
  const conninfo = conninfoFor(place, before, from, term);
  instance.severed.life = "";
  await Promise.all([identity.change({ forks }), alterSystem(instance, "primary_conninfo", conninfo)]);
  // Only now, and for that server alone: what replays may still start a receiver by the settings of before.
  await writeReplicationPassfile(place.memberDirectory, place.secrets, address, place.account);
  await reload(instance);
  const late = (): string => `Cannot ${what}: the server has not read its configuration again`;
  await until(instance.clock, RELOAD_MS, late, async () => {
    const now = await readServerState(instance.acting, STATEMENT_MS);
    return now.primaryConninfo === conninfo;
  });
  // A receiver of before would go on by what it was started with, if the process that replays is held up.
  for (const pid of state.receiverPids) sendSignal(pid, "SIGTERM");
}
