import { chown, open } from "node:fs/promises";
import { join } from "node:path";
import { syncDirectory } from "../../host/durable-file.ts";
import { Failure } from "../../lib/failure.ts";
import type { DataContext } from "./context.ts";
import type { ControlData } from "./control-data.ts";
import type { SourceServer } from "./source-server.ts";
import { walFile } from "./wal-file.ts";

const PART_BYTES = 2 ** 20;

/** How often, and how long at most, the source is asked whether it has written that far. */
const LOOK_MS = 20;
const LOOKS = 500;

/**
 * Copies the segments of the source's log that hold `from` to `to` over those in the data, whose server
 * does not run: with them it becomes consistent without having to receive anything from anybody.
 */
export async function fetchWal(
  context: DataContext,
  source: SourceServer,
  control: ControlData,
  from: number,
  to: number,
): Promise<void> {
  const { segmentBytes } = control;
  const timeline = await source.timeline();
  await waitFor(context, source, to);
  for (let segment = Math.floor(from / segmentBytes); segment * segmentBytes < to; segment++) {
    const name = join("pg_wal", walFile(timeline, segment, segmentBytes));
    await fetchFile(context, source, name, segmentBytes);
  }
  await syncDirectory(join(context.data, "pg_wal"));
}

async function waitFor(context: DataContext, source: SourceServer, offset: number): Promise<void> {
  for (let look = 0; look < LOOKS; look++) {
    if ((await source.offset()) >= offset) return;
    await new Promise<void>((resolve) => context.clock.after(LOOK_MS, resolve));
  }
  throw new Failure(`The source has not written its log to ${offset} within ${LOOK_MS * LOOKS} ms`);
}

async function fetchFile(context: DataContext, source: SourceServer, name: string, bytes: number): Promise<void> {
  const file = join(context.data, name);
  const handle = await open(file, "w", 0o600);
  try {
    for (let from = 0; from < bytes; from += PART_BYTES) {
      const part = await source.read(name, from, PART_BYTES);
      await handle.write(part, 0, part.length, from);
    }
    await handle.sync();
  } finally {
    await handle.close();
  }
  await chown(file, context.account.uid, context.account.gid);
}
