import { join } from "node:path";
import { positionAt, type Fork } from "../../core/position.ts";
import { removeDurably } from "../../host/durable-file.ts";
import { Failure, messageOf } from "../../lib/failure.ts";
import type { Progress } from "../service.ts";
import { saveAside, type Aside } from "./aside.ts";
import type { DataContext, Source } from "./context.ts";
import { writeCertificates } from "./encryption.ts";
import { readControlData, type ControlData } from "./control-data.ts";
import { finishAsStandby, writeOwnPassfile } from "./create.ts";
import { fetchWal } from "./fetch-wal.ts";
import { forkOffset } from "./history.ts";
import { inspect } from "./inspect.ts";
import { libpqString } from "./libpq-string.ts";
import { formatLsn, parseLsn } from "./lsn.ts";
import { prepareMemberDirectory, scratchDirectory } from "./member-directory.ts";
import { endLeftovers, requireNoProcesses } from "./place.ts";
import { withPassfile } from "./secrets.ts";
import { runSingleUser } from "./single-user.ts";
import { SourceServer } from "./source-server.ts";
import { clearWork, writeWork } from "./work-journal.ts";

/** It reads the log since the fork and copies what has changed: minutes, unless the database is huge. */
const REWIND_MS = 24 * 3_600_000;
const SILENT_MS = 1_800_000;
const RECOVERY_MS = 3_600_000;

/**
 * Takes the data, whose server does not run, back to where it left the history `forks` of the primary
 * `source`, as a new incarnation. What only this copy had is saved aside first and told in the result; `null` when it
 * had nothing. Rejects with a {@link Failure}: either nothing was changed (the source cannot be reached, the
 * log cannot be saved), or the data is `partial` from then on and has to be cloned, which is also so when
 * it turns out that a rewind can never work.
 */
export async function rewindData(
  context: DataContext,
  source: Source,
  forks: readonly Fork[],
  progress: Progress,
): Promise<Aside | null> {
  await prepareMemberDirectory(context);
  await writeCertificates(context);
  await endLeftovers(context);
  await requireNoProcesses(context.data);
  const mine = await requireIdentity(context);
  await using server = new SourceServer(context, source);
  await server.settleTimeline();
  const fork = forkOffset(mine, forks);
  if (fork === null)
    throw new Failure(`"${context.member}" has left no history: it can follow "${source.member}" as it is`);
  const control = await readControlData(context);
  progress(`rewind: saving what only this copy has behind ${formatLsn(fork)}`);
  const aside = await saveAside(context, control, fork, positionAt(control.offset, mine).term);
  const begun = { format: 1, doing: "rewind", since: new Date().toISOString(), from: source.member } as const;
  const spoil = (): Promise<void> =>
    writeWork(context.memberDirectory, { ...begun, isDataWhole: false, aside: aside?.directory ?? null });
  try {
    await settleTarget(context, control, spoil);
    progress("rewind: comparing the histories");
    await requireSameFork(context, source, fork, spoil);
    await spoil();
    const from = await server.offset();
    await rewind(context, source, [], progress);
    progress("rewind: fetching the rest of the log");
    const after = await readControlData(context);
    await fetchWal(context, server, after, from, after.offset);
    await finishAsStandby(context, context.data, { forks });
    await clearWork(context.memberDirectory);
  } catch (error) {
    throw new Failure(`Cannot rewind "${context.member}" to "${source.member}": ${messageOf(error)}`);
  }
  await writeOwnPassfile(context);
  if (aside)
    progress(`rewind: done; ${aside.transactions} transactions that only this copy had are in "${aside.directory}"`);
  return aside;
}

async function requireIdentity(context: DataContext): Promise<readonly Fork[]> {
  const { state, problem, identity } = await inspect(context, null);
  if (identity !== null) return identity.forks;
  throw new Failure(`Cannot rewind the data in "${context.data}": ${problem ?? `it is ${state}, and not one of ours`}`);
}

/**
 * Leaves the data cleanly shut down, and its control file on its own timeline (before version 16 pg_rewind looks nowhere else):
 * a primary that ended before its first checkpoint, or was killed, recovers alone first.
 */
async function settleTarget(context: DataContext, control: ControlData, spoil: () => Promise<void>): Promise<void> {
  if (control.isClean && control.checkpointTimeline === control.timeline) return;
  await spoil();
  await removeDurably(join(context.data, "standby.signal"));
  await runSingleUser(context, context.data, "postgres", [], RECOVERY_MS);
}

/**
 * Timelines are numbered by each server alone, so two histories can look the same to pg_rewind where they
 * are not. It is asked first where it sees them part: that must not be behind where they really did.
 */
async function requireSameFork(
  context: DataContext,
  source: Source,
  fork: number,
  spoil: () => Promise<void>,
): Promise<void> {
  let seen: number | null = null;
  const onLine = (line: string): void => {
    const place = /servers diverged at WAL location (\S+)/.exec(line)?.[1];
    if (place !== undefined) seen = parseLsn(place);
  };
  try {
    await rewind(context, source, ["--dry-run"], () => undefined, onLine);
  } catch (error) {
    if (!context.signal.aborted && !/could not connect|connection to server|server closed/i.test(messageOf(error)))
      await spoil();
    throw error;
  }
  if (seen !== null && seen <= fork) return;
  await spoil();
  const place = seen === null ? "nowhere" : `at ${formatLsn(seen)}`;
  throw new Failure(
    `pg_rewind sees the histories part ${place}, but they did at ${formatLsn(fork)}. It has to be cloned.`,
  );
}

async function rewind(
  context: DataContext,
  source: Source,
  options: readonly string[],
  progress: Progress,
  listen: (line: string) => void = () => undefined,
): Promise<void> {
  const { programs, account, memberDirectory, secrets, signal, data } = context;
  const args = [
    "-D",
    data,
    "--source-server",
    libpqString(context, source, "understudy:rewind"),
    "--progress",
    ...options,
  ];
  const onLine = (line: string): void => {
    listen(line);
    const percent = /\((\d+)%\)/.exec(line)?.[1];
    if (percent !== undefined) progress(`rewind ${percent} %`);
  };
  await withPassfile(memberDirectory, secrets, account, (env) =>
    programs.run("pg_rewind", args, {
      as: account,
      env,
      timeoutMs: REWIND_MS,
      silentMs: SILENT_MS,
      signal,
      onLine,
      cwd: scratchDirectory(memberDirectory),
    }),
  );
}
