import { open, stat } from "node:fs/promises";
import { endianness } from "node:os";
import { join } from "node:path";
import { Failure } from "../../lib/failure.ts";
import { readControlData } from "./control-data.ts";
import type { Place } from "./instance.ts";
import { formatLsn } from "./lsn.ts";
import { walFile } from "./wal-file.ts";

/** At the head of each page of the log, and of each segment. */
const PAGE_HEADER_BYTES = 24;
const SEGMENT_HEADER_BYTES = 40;
const BLOCK_SIZE_AT = 36;

/** Entries begin at multiples of it. */
const ALIGNMENT = 8;

/**
 * Where the data of a stopped server ends, if it was a primary that stopped in an orderly way: the end of
 * its last checkpoint, behind which there is nothing. `null` for all others: only a start tells. The
 * answer is kept until the control file changes, so asking again costs nothing.
 */
export class FinalPosition {
  #of = "";
  #offset: number | null = null;

  async offset(place: Place): Promise<number | null> {
    const { mtimeMs, ino } = await stat(join(place.data, "global", "pg_control"));
    const of = `${ino} ${mtimeMs}`;
    if (of !== this.#of) this.#offset = await endOfCleanStop(place);
    this.#of = of;
    return this.#offset;
  }
}

async function endOfCleanStop(place: Place): Promise<number | null> {
  const control = await readControlData({ ...place, signal: new AbortController().signal });
  if (control.state !== "shut down") return null;
  const { offset, segmentBytes, checkpointTimeline } = control;
  const segment = Math.floor(offset / segmentBytes);
  const file = await open(join(place.data, "pg_wal", walFile(checkpointTimeline, segment, segmentBytes)));
  try {
    const blockBytes = await numberAt(file, BLOCK_SIZE_AT);
    const length = await numberAt(file, offset % segmentBytes);
    if (length < PAGE_HEADER_BYTES || length > blockBytes)
      throw new Failure(`Cannot find the end of the last checkpoint in "${place.data}" at ${formatLsn(offset)}`);
    return endOfEntry(offset, length, blockBytes, segmentBytes);
  } finally {
    await file.close();
  }
}

async function numberAt(file: Awaited<ReturnType<typeof open>>, at: number): Promise<number> {
  const { buffer } = await file.read(Buffer.alloc(4), 0, 4, at);
  return endianness() === "LE" ? buffer.readUInt32LE() : buffer.readUInt32BE();
}

/** Where an entry of `length` bytes that begins at `offset` ends: it goes on behind the head of the next page. */
export function endOfEntry(offset: number, length: number, blockBytes: number, segmentBytes: number): number {
  let [at, left] = [offset, length];
  for (;;) {
    const room = blockBytes - (at % blockBytes);
    if (left <= room) return Math.ceil((at + left) / ALIGNMENT) * ALIGNMENT;
    at += room;
    left -= room;
    at += at % segmentBytes === 0 ? SEGMENT_HEADER_BYTES : PAGE_HEADER_BYTES;
  }
}
