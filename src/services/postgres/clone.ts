import { rm } from "node:fs/promises";
import type { Fork } from "../../core/position.ts";
import { Failure, messageOf } from "../../lib/failure.ts";
import type { Progress } from "../service.ts";
import { libpqString } from "./libpq-string.ts";
import type { DataContext, Source } from "./context.ts";
import { writeCertificates } from "./encryption.ts";
import { finishAsStandby, writeOwnPassfile } from "./create.ts";
import { inspect } from "./inspect.ts";
import { prepareMemberDirectory, scratchDirectory } from "./member-directory.ts";
import { makeNext, placesOf, requireNoProcesses, swapIn, type Places } from "./place.ts";
import { withPassfile } from "./secrets.ts";
import { clearWork, readWork, writeWork, type Work } from "./work-journal.ts";

/** A copy of a large database takes hours; nothing is known about its length but that it goes on. */
const COPY_MS = 7 * 24 * 3_600_000;

/** Longer than the checkpoint at the source and the writing out at the end take on a slow disk. */
const SILENT_MS = 1_800_000;

/**
 * Replaces the data by a copy of `source`'s, as a new incarnation with `forks` as its history. The copy is
 * made beside the data and moved to its place as a whole, the old data is deleted only then; so the
 * disk needs room for both. Rejects with a {@link Failure}; until the copy is complete the data is what it was.
 */
export async function cloneData(
  context: DataContext,
  source: Source,
  forks: readonly Fork[],
  progress: Progress,
): Promise<void> {
  await prepareMemberDirectory(context);
  await writeCertificates(context);
  await requireOwnPlace(context);
  const places = await placesOf(context);
  await requireNoProcesses(places.data);
  await makeNext(context, places);
  const work = await begin(context, source);
  try {
    progress("clone: waiting for a checkpoint");
    await copy(context, source, places, progress);
    progress("clone: putting it in place");
    await finishAsStandby(context, places.next, { forks });
    await requireNoProcesses(places.data);
    await writeWork(context.memberDirectory, { ...work, isDataWhole: false });
    await swapIn(places);
    await clearWork(context.memberDirectory);
  } catch (error) {
    await tidy(context, places);
    throw new Failure(reasonOf(context, source, places, error));
  }
  await writeOwnPassfile(context);
  progress("clone: deleting the old data");
  await rm(places.old, { recursive: true, force: true });
}

/** What is foreign must not be replaced, whoever asks for it; what is broken must. */
async function requireOwnPlace(context: DataContext): Promise<void> {
  const { state, problem, identity } = await inspect(context, null);
  const isUnknown = state === "present" && identity === null;
  if (!isUnknown && state !== "foreign") return;
  const why = problem ?? "it holds a database that is not a copy of this group's. Move it away if nobody needs it";
  throw new Failure(`Cannot clone into "${context.data}": ${why}`);
}

async function begin(context: DataContext, source: Source): Promise<Work> {
  const before = await readWork(context.memberDirectory);
  const work: Work = {
    format: 1,
    doing: "clone",
    since: new Date().toISOString(),
    from: source.member,
    isDataWhole: before?.isDataWhole ?? true,
    aside: before?.aside ?? null,
  };
  await writeWork(context.memberDirectory, work);
  return work;
}

async function copy(context: DataContext, source: Source, places: Places, progress: Progress): Promise<void> {
  const { programs, account, memberDirectory, secrets, signal } = context;
  const args = [
    "-d",
    libpqString(context, source, "understudy:clone"),
    "-D",
    places.next,
    "-X",
    "stream",
    "-c",
    "fast",
  ];
  let told = "";
  const onLine = (line: string): void => {
    const percent = /\((\d+)%\)/.exec(line)?.[1];
    if (percent === undefined || percent === told) return;
    told = percent;
    progress(`clone ${percent} %`);
  };
  await withPassfile(memberDirectory, secrets, account, (env) =>
    programs.run("pg_basebackup", [...args, "--progress", "--no-password", "--status-interval=1"], {
      as: account,
      env,
      timeoutMs: COPY_MS,
      silentMs: SILENT_MS,
      signal,
      onLine,
      cwd: scratchDirectory(memberDirectory),
    }),
  );
}

/** Before the swap the data is what it was, and so is what is known about it; from then on only another clone helps. */
async function tidy(context: DataContext, places: Places): Promise<void> {
  const work = await readWork(context.memberDirectory).catch(() => null);
  if (work?.isDataWhole === true) await clearWork(context.memberDirectory).catch(() => undefined);
  await rm(places.next, { recursive: true, force: true }).catch(() => undefined);
}

function reasonOf({ member }: DataContext, source: Source, places: Places, error: unknown): string {
  const what = `Cannot clone "${member}" from "${source.member}" (${source.host}:${source.port})`;
  const said = messageOf(error);
  if (!/No space left on device|ENOSPC|EDQUOT/.test(said)) return `${what}: ${said}`;
  return `${what}: the disk that holds "${places.next}" is full. The data in place was not touched; make room for a second copy. It said: ${said}`;
}
