import { positionAt } from "../../core/position.ts";
import type { ServiceLook } from "../../core/service-look.ts";
import { isAlive, processesIn } from "../../host/processes.ts";
import { messageOf } from "../../lib/failure.ts";
import { codeOf } from "./connection.ts";
import { finalPosition } from "./final-position.ts";
import type { Identity } from "./identity.ts";
import { inspect } from "./inspect.ts";
import type { Place } from "./instance.ts";
import { lookAt, strayBeginning } from "./look.ts";
import { postmasterPid } from "./postmaster.ts";

/** What a look shows when no process of the server lives: what is in the directory. */
export async function lookAtData(place: Place, expectedDataId: string | null): Promise<ServiceLook> {
  const { state, problem, identity, dataId } = await inspect(place, expectedDataId);
  const look = { ...lookAt(identity), dataId, problem };
  if (state !== "present") return { ...look, state };
  return { ...look, state: "stopped", ...(await lookAtEnd(place, identity)) };
}

/** What a look shows while the server is stopping in an orderly way. It is not asked: each answer would be a process more that has to end. */
export async function lookAtStop(place: Place, identity: Identity | null): Promise<ServiceLook> {
  return { ...lookAt(identity), state: "stopping", ...(await lookAtEnd(place, identity)) };
}

/** Where the data ends, as far as its files say. */
async function lookAtEnd(place: Place, identity: Identity | null): Promise<Partial<ServiceLook>> {
  if (identity === null) return {};
  const offset = await finalPosition(place.data).catch(() => null);
  if (offset === null) return {};
  const stray = await strayBeginning(place, identity.forks, offset);
  const position = stray === null ? positionAt(offset, identity.forks) : null;
  return { problem: stray, offset, position };
}

/** What there is of a server that could not be asked. */
export type Remains =
  | { readonly state: "gone" }
  | { readonly state: "starting" | "stopping" | "hung"; readonly problem: string | null };

/**
 * Finds out what a server is that could not be asked, by its processes: `answer` is the error of the
 * attempt, or `null` when it just did not answer.
 */
export async function remainsOf(place: Place, answer: unknown): Promise<Remains> {
  const pids = await processesIn(place.data);
  if (pids.length === 0) return { state: "gone" };
  const pid = await postmasterPid(place.data);
  if (pid === null || !pids.includes(pid) || !(await isAlive(pid)))
    return { state: "stopping", problem: `The main process of PostgreSQL is gone, ${pids.length} others are left.` };
  if (answer === null) return { state: "hung", problem: `PostgreSQL (process ${pid}) does not answer.` };
  return byError(answer);
}

function byError(error: unknown): Remains {
  const code = codeOf(error);
  const text = messageOf(error);
  if (code === "57P03" && /shutting down/.test(text)) return { state: "stopping", problem: null };
  if (code === "57P03") return { state: "starting", problem: /starting up/.test(text) ? null : text };
  const isOnItsWay = code === "" || ["ECONNREFUSED", "ENOENT", "ECONNRESET", "EPIPE", "57P01"].includes(code);
  return { state: "starting", problem: isOnItsWay ? null : `PostgreSQL does not let its administrator in: ${text}` };
}
