import { join } from "node:path";
import type { Fork } from "../../core/position.ts";
import type { ServiceAction } from "../../core/service-action.ts";
import { writeDurably } from "../../host/durable-file.ts";
import { sendSignal } from "../../host/processes.ts";
import { Failure } from "../../lib/failure.ts";
import type { Connection } from "./connection.ts";
import { alterSystem, reload, requireRole, STATEMENT_MS, until, type Instance } from "./instance.ts";
import { ruleSetting } from "./rule.ts";
import { isSevered } from "./severed.ts";
import { switchesOf } from "./switches.ts";

/** A promotion takes some ten milliseconds; a slow disk may take a hundred times as long. */
const PROMOTE_MS = 10_000;

/** A promotion that nothing holds up takes some milliseconds. */
const NUDGE_MS = 6;

type Promote = Extract<ServiceAction, { readonly do: "promote" }>;

/**
 * Makes a sealed standby the primary of a term, and writes the term's first entry.
 *
 * The commit rule is set before, while the server still stands under a setting that nobody can meet: a
 * process that has not followed yet acknowledges nothing, so nothing is ever acknowledged under less
 * than `rule`. The data knows the term's beginning before the server is told, so that after a crash at any
 * moment it is known what lies behind it. Rejects with a {@link Failure} if the server's own history says
 * something else about where the term begins.
 */
export async function promote(instance: Instance, action: Promote): Promise<void> {
  const { place, identity, acting, reign } = instance;
  const what = `promote "${place.member}" to term ${action.term}`;
  const fork = requireFork(action, what);
  const state = await requireRole(instance, "standby", what);
  const { life, replayOffset, startupPid } = state;
  if (!(await isSevered(instance, state))) throw new Failure(`Cannot ${what}: it is not sealed`);
  if (replayOffset !== fork.offset)
    throw new Failure(`Cannot ${what}: its data ends at ${replayOffset}, and the term begins at ${fork.offset}`);
  const syncNames = ruleSetting(action.rule, action.term);
  await Promise.all([
    alterSystem(instance, "synchronous_standby_names", syncNames),
    identity.change({ forks: action.forks, promoting: action.term }),
    reign.revoke(),
  ]);
  await reload(instance);
  await acting.rowsWithin(STATEMENT_MS, { text: "SELECT pg_promote(false)" });
  await untilOutOfRecovery(instance, startupPid, what);
  const [, , firstOffset] = await Promise.all([
    restoreSignal(instance),
    reign.prove({ life, term: action.term, syncNames, offset: 0 }),
    writeFirstEntry(instance, action.term),
  ]);
  await requireSameBeginning(instance, fork, what).catch((error: unknown) => {
    reign.begun(life, null, null);
    throw error;
  });
  reign.begun(life, action.term, firstOffset);
}

/** Writes the first entry of a term whose promotion did not get to it. */
export async function begin(instance: Instance, term: number): Promise<void> {
  const { reign } = instance;
  const { life } = await requireRole(instance, "primary", `begin term ${term}`);
  const known = reign.of(life)?.term;
  if (known !== term)
    throw new Failure(`Cannot begin term ${term}: "${instance.place.member}" was promoted in term ${known ?? "?"}`);
  await restoreSignal(instance);
  reign.begun(life, term, await writeFirstEntry(instance, term));
}

function requireFork({ forks, term }: Promote, what: string): Fork {
  const fork = forks.at(-1);
  if (fork?.term === term) return fork;
  throw new Failure(`Cannot ${what}: the history ends with term ${fork?.term ?? "?"}`);
}

/**
 * The process that replays looks for the wish only between its tries to receive; one that comes in the middle of a try is
 * seen after the pause behind it (`wal_retrieve_retry_interval`). To be told to read its settings ends that pause, and harms nothing.
 */
async function untilOutOfRecovery({ clock, acting }: Instance, startupPid: number | null, what: string): Promise<void> {
  const late = (): string => `Cannot ${what}: the server is still in recovery`;
  let nudgeAtMs = clock.nowMs() + NUDGE_MS;
  await until(clock, PROMOTE_MS, late, async () => {
    if (!(await isInRecovery(acting))) return true;
    if (startupPid !== null && clock.nowMs() >= nudgeAtMs) {
      sendSignal(startupPid, "SIGHUP");
      nudgeAtMs = clock.nowMs() + NUDGE_MS;
    }
    return false;
  });
}

async function isInRecovery(acting: Connection): Promise<boolean> {
  const [row] = await acting.rowsWithin(STATEMENT_MS, { name: "recovery", text: "SELECT pg_is_in_recovery()" });
  return row?.[0] === true;
}

/** A promotion removes the file that makes the server start as a standby; a restart must never make a primary. */
async function restoreSignal({ place }: Instance): Promise<void> {
  const { uid, gid } = place.account;
  await writeDurably(join(place.data, "standby.signal"), "", { uid, gid });
}

/**
 * The end of the first entry, once that is on our own disk. Our sessions wait for no standby, so this does
 * not say that it has been acknowledged.
 */
async function writeFirstEntry({ acting, place, identity }: Instance, term: number): Promise<number> {
  const { incarnation } = await identity.get();
  await acting.rowsWithin(STATEMENT_MS, {
    text: `INSERT INTO understudy.term (term, member, incarnation) VALUES ($1, $2, $3)
           ON CONFLICT (term) DO UPDATE SET member = excluded.member, incarnation = excluded.incarnation, at = now()`,
    values: [term, place.member, incarnation],
  });
  const text = "SELECT pg_current_wal_flush_lsn() - '0/0'::pg_lsn";
  const [row] = await acting.rowsWithin(STATEMENT_MS, { text });
  return Number(row?.[0]);
}

async function requireSameBeginning({ place }: Instance, fork: Fork, what: string): Promise<void> {
  const last = (await switchesOf(place.data)).at(-1);
  if (last === fork.offset) return;
  throw new Failure(
    `Cannot ${what}: by the server's own history it begins at ${last ?? "?"}, by the record at ${fork.offset}. It must be stopped`,
  );
}
