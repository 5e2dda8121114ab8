import { constants } from "node:fs";
import { copyFile, mkdir, open, readdir, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { syncDirectory } from "../../host/durable-file.ts";
import { Failure, messageOf } from "../../lib/failure.ts";
import type { DataContext } from "./context.ts";
import type { ControlData } from "./control-data.ts";
import { stretchesBehind, type Stretch } from "./history.ts";
import { formatLsn } from "./lsn.ts";
import { listRecords } from "./list-records.ts";
import { walFile } from "./wal-file.ts";

/** What only one copy had, and where it was saved before a rewind. */
export interface Aside {
  readonly directory: string;
  /** Of the log behind the fork. */
  readonly bytes: number;
  /** How many of them were committed there; whether anybody was told so is another question. */
  readonly transactions: number;
}

/** So many rewinds can be looked at later. */
const KEPT = 10;

/** Of one rewind; more than a standby can usually be ahead. */
const MOST_WAL_BYTES = 2 ** 30;

/**
 * Saves what the data, whose server does not run, has behind `offset` on its own timeline: the log's files, and a readable list
 * of its transactions. Resolves with `null` when there is nothing; durable when it resolves. Keeps the newest
 * {@link KEPT}. Rejects with a {@link Failure} when it cannot be saved; then nothing may be thrown away.
 */
export async function saveAside(
  context: DataContext,
  control: ControlData,
  offset: number,
  term: number,
): Promise<Aside | null> {
  const root = join(context.memberDirectory, "aside");
  const directory = join(root, `${new Date().toISOString().slice(0, 19).replaceAll(":", "-")}Z-term-${term}`);
  try {
    await mkdir(join(directory, "wal"), { recursive: true, mode: 0o700 });
    const stretches = await stretchesBehind(context.data, control.timeline, offset, control.segmentBytes);
    const { end, records, transactions } = await listRecords(context, control, stretches, directory);
    if (records === 0 && control.offset <= offset) {
      await rm(directory, { recursive: true });
      return null;
    }
    const isCut = await copyLog(context.data, join(directory, "wal"), stretches, end, control.segmentBytes);
    const aside = { directory, bytes: end - offset, transactions };
    await writeFile(join(directory, "README.txt"), readme(context, aside, offset, end, isCut), { mode: 0o600 });
    await makeDurable(directory);
    await removeOldest(root);
    return aside;
  } catch (error) {
    await rm(directory, { recursive: true, force: true }).catch(() => undefined);
    throw new Failure(`Cannot save aside what only "${context.member}" has: ${messageOf(error)}. Nothing was rewound.`);
  }
}

/** Resolves with whether the end had to be left out. */
async function copyLog(
  data: string,
  to: string,
  stretches: readonly Stretch[],
  end: number,
  segmentBytes: number,
): Promise<boolean> {
  let left = MOST_WAL_BYTES / segmentBytes;
  for (const { timeline, from, to: until } of stretches) {
    const last = Math.floor(((until ?? end) - 1) / segmentBytes);
    for (let segment = Math.floor(from / segmentBytes); segment <= last; segment++) {
      if (left-- <= 0) return true;
      const name = walFile(timeline, segment, segmentBytes);
      await copyFile(join(data, "pg_wal", name), join(to, name), constants.COPYFILE_FICLONE).catch(unlessMissing);
    }
  }
  return false;
}

/** A timeline begins in the middle of a segment, and the server may have kept only the later timeline's file. */
function unlessMissing(error: NodeJS.ErrnoException): void {
  if (error.code !== "ENOENT") throw error;
}

function readme(
  { group, member }: DataContext,
  { transactions, bytes }: Aside,
  offset: number,
  end: number,
  isCut: boolean,
): string {
  return [
    `What only the copy of "${member}" (group "${group}") had when it was rewound.`,
    "",
    `The group's history went on without it behind ${formatLsn(offset)} of the write-ahead log. This copy had`,
    `${bytes} bytes more, to ${formatLsn(end)}, with ${transactions} committed transactions. In a lossless group no client was`,
    "ever told that one of them was committed; in an asynchronous one some may have been.",
    "Where the beginning of its log was deleted by the server before, only the rest is here.",
    "",
    "transactions.txt  the committed transactions: when, how large, and which files of which tables they changed",
    "records.txt       the records as pg_waldump prints them, up to a limit",
    `wal/              the log itself${isCut ? " (its end was left out: it was too long)" : ""}: pg_waldump -p wal -s ${formatLsn(offset)}`,
    "",
    "Tables are named database/file: SELECT pg_filenode_relation(0, FILE) in that database tells which.",
    "Delete this directory when nobody needs it; only the newest ten are kept.",
    "",
  ].join("\n");
}

async function makeDurable(directory: string): Promise<void> {
  for (const name of await readdir(directory, { recursive: true })) {
    const file = join(directory, name);
    if ((await stat(file)).isDirectory()) continue;
    await using handle = await open(file, "r");
    await handle.sync();
  }
  for (const place of [join(directory, "wal"), directory, join(directory, "..")]) await syncDirectory(place);
}

async function removeOldest(root: string): Promise<void> {
  const names = (await readdir(root)).toSorted();
  for (const name of names.slice(0, -KEPT)) await rm(join(root, name), { recursive: true, force: true });
}
