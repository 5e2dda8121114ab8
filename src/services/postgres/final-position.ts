import { open, readdir, stat, type FileHandle } from "node:fs/promises";
import { endianness } from "node:os";
import { join } from "node:path";
import { Failure } from "../../lib/failure.ts";
import { formatLsn } from "./lsn.ts";
import { walFile } from "./wal-file.ts";

/** Where the control file says what the server was last, where its last checkpoint is and on which timeline; the same in all versions from 13 to 18. */
const STATE_AT = 16;
const CHECKPOINT_AT = 32;
const TIMELINE_AT = 48;
const CONTROL_BYTES = 52;

/** The state of a primary that has written its last checkpoint, `DB_SHUTDOWNED`. */
const SHUT_DOWN = 1;

/** At the head of each page of the log, and of each segment. */
const PAGE_HEADER_BYTES = 24;
const SEGMENT_HEADER_BYTES = 40;
const BLOCK_SIZE_AT = 36;

/** In an entry's head: what kind it is, and whose. That of the checkpoint of a clean stop is 0 and 0. */
const KIND_AT = 16;
const KIND_BITS = 0xf0;
const OWNER_AT = 17;
const ENTRY_HEADER_BYTES = 24;

/** Entries begin at multiples of it. */
const ALIGNMENT = 8;

/**
 * Where the data of a primary ends that stops in an orderly way or has done so: the end of its last
 * checkpoint, behind which there is nothing. By the time it is written no client's session lives any
 * more; processes that supply standbys may. `null` for all others: only a start tells.
 */
export async function finalPosition(data: string): Promise<number | null> {
  const control = await readControl(data);
  if (control === null) return null;
  const { offset, timeline } = control;
  const segmentBytes = await segmentBytesOf(data);
  const file = await open(join(data, "pg_wal", walFile(timeline, Math.floor(offset / segmentBytes), segmentBytes)));
  try {
    const blockBytes = int(await bytesAt(file, BLOCK_SIZE_AT, 4), 0);
    const entry = await bytesAt(file, offset % segmentBytes, ENTRY_HEADER_BYTES);
    const length = int(entry, 0);
    const isLast = (entry.readUInt8(KIND_AT) & KIND_BITS) === 0 && entry.readUInt8(OWNER_AT) === 0;
    if (!isLast || length < ENTRY_HEADER_BYTES || length > blockBytes)
      throw new Failure(`Cannot find the end of the last checkpoint in "${data}" at ${formatLsn(offset)}`);
    return endOfEntry(offset, length, blockBytes, segmentBytes);
  } finally {
    await file.close();
  }
}

async function readControl(data: string): Promise<{ readonly offset: number; readonly timeline: number } | null> {
  const file = await open(join(data, "global", "pg_control"));
  try {
    const bytes = await bytesAt(file, 0, CONTROL_BYTES);
    if (int(bytes, STATE_AT) !== SHUT_DOWN) return null;
    return { offset: Number(long(bytes, CHECKPOINT_AT)), timeline: int(bytes, TIMELINE_AT) };
  } finally {
    await file.close();
  }
}

/** All files of the log have the size of a segment. */
async function segmentBytesOf(data: string): Promise<number> {
  const names = await readdir(join(data, "pg_wal"));
  const name = names.find((n) => /^[0-9A-F]{24}$/.test(n));
  if (name === undefined) throw new Failure(`There is no log in "${data}"`);
  return (await stat(join(data, "pg_wal", name))).size;
}

async function bytesAt(file: FileHandle, at: number, length: number): Promise<Buffer> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, at);
  if (bytesRead < length) throw new Failure("A file of the data is cut off");
  return buffer;
}

function int(bytes: Buffer, at: number): number {
  return endianness() === "LE" ? bytes.readUInt32LE(at) : bytes.readUInt32BE(at);
}

function long(bytes: Buffer, at: number): bigint {
  return endianness() === "LE" ? bytes.readBigUInt64LE(at) : bytes.readBigUInt64BE(at);
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
