import type { Clock } from "../../lib/clock.ts";
import { Failure } from "../../lib/failure.ts";
import type { Timing } from "../../core/timing.ts";
import { Connection, type Login } from "./connection.ts";
import type { DataContext } from "./context.ts";
import type { IdentityKeeper } from "./identity-keeper.ts";
import { socketDirectory } from "./member-directory.ts";
import type { Reign } from "./reign.ts";
import type { ReplayEnd } from "./replay-end.ts";
import { ADMIN_ROLE } from "./secrets.ts";
import type { StillFollowers } from "./still-followers.ts";
import { readServerState, type ServerState } from "./server-state.ts";

/** Where a member is, and with whose rights it runs. */
export type Place = Omit<DataContext, "signal">;

/** A member's server as the actions on it see it. */
export interface Instance {
  readonly place: Place;
  readonly clock: Clock;
  readonly timing: Timing;
  /** The session of the actions; looks have one of their own. */
  readonly acting: Connection;
  readonly identity: IdentityKeeper;
  readonly replayEnd: ReplayEnd;
  readonly reign: Reign;
  readonly still: StillFollowers;
  /** The main process that this agent started, if it did; its end is known before any connection's, and is news until it was seen. */
  server: ServerEnd;
  /** The life of the server in which it was seen to receive nothing after its password had gone; `""`: in none. */
  readonly severed: { life: string };
  /** Something happened that a look would show. */
  readonly ring: () => void;
}

/** One life of a server's main process: what becomes known of its end. */
export interface ServerEnd {
  hasEnded: boolean;
  isEndNews: boolean;
}

/** How the agent logs in to its own server: by the private socket. */
export function ownLogin(place: Place): Login {
  return {
    host: socketDirectory(place.memberDirectory),
    port: place.address.port,
    user: ADMIN_ROLE,
    password: place.secrets.admin,
    database: "postgres",
  };
}

/** The path of the private socket. */
export function ownSocket(place: Place): string {
  return `${socketDirectory(place.memberDirectory)}/.s.PGSQL.${place.address.port}`;
}

/** Does `work` in a session that is opened for it and closed after it: its process is as new as can be. */
export async function inFreshSession<T>(instance: Instance, work: (fresh: Connection) => Promise<T>): Promise<T> {
  const fresh = new Connection(ownLogin(instance.place), instance.clock, () => undefined);
  try {
    return await work(fresh);
  } finally {
    fresh.close();
  }
}

/** How long a single statement of an action may take; they are all short, but a slow disk is no failure. */
export const STATEMENT_MS = 5000;

/** The server's state, read in the session of the actions. Rejects unless the server is what the action needs. */
export async function requireRole(instance: Instance, role: "standby" | "primary", what: string): Promise<ServerState> {
  const state = await readServerState(instance.acting, STATEMENT_MS).catch((error: Error) => {
    throw new Failure(`Cannot ${what}: the server of "${instance.place.member}" does not answer (${error.message})`);
  });
  const found = state.isStandby ? "standby" : "primary";
  if (found === role) return state;
  throw new Failure(`Cannot ${what}: "${instance.place.member}" is a ${found}, and a ${role} is needed`);
}

/** Writes a setting of the running server durably; nobody follows it before {@link reload}. */
export async function alterSystem({ acting }: Pick<Instance, "acting">, name: string, value: string): Promise<void> {
  const literal = `E'${value.replaceAll("\\", "\\\\").replaceAll("'", "''")}'`;
  await acting.rowsWithin(STATEMENT_MS, { text: `ALTER SYSTEM SET ${name} = ${literal}` });
}

/** Tells all processes of the server to read its settings. They follow one by one. */
export async function reload({ acting }: Instance): Promise<void> {
  await acting.rowsWithin(STATEMENT_MS, { text: "SELECT pg_reload_conf()" });
}

/** Waits until `holds`, asking every `everyMs`; rejects with a {@link Failure} saying `what` did not come about. */
export async function until(
  clock: Clock,
  withinMs: number,
  what: () => string,
  holds: () => Promise<boolean>,
  everyMs = 1,
): Promise<void> {
  const endAtMs = clock.nowMs() + withinMs;
  while (!(await holds())) {
    if (clock.nowMs() > endAtMs) throw new Failure(`${what()} (waited ${withinMs} ms)`);
    await new Promise<void>((resolve) => clock.after(everyMs, resolve));
  }
}
