import { constants } from "node:fs";
import { open, stat } from "node:fs/promises";
import type { FileCheckConfig } from "../config/check-config.ts";
import type { Clock } from "../lib/clock.ts";
import { Failure } from "../lib/failure.ts";
import { formatMs } from "../lib/units.ts";
import { attemptCheck, type Seen } from "./attempt-check.ts";
import type { Check } from "./check.ts";

/** So much of it is searched for a text. */
const SEARCHED_BYTES = 1024 * 1024;

export type FileQuestion = Pick<FileCheckConfig, "path" | "isWanted" | "maxAgeMs" | "contains">;

/** Whether a file is there, young enough and has a text in it; or that it is not there. */
export function fileCheck(question: FileQuestion, clock: Clock): Check {
  return attemptCheck(() => look(question, clock), clock);
}

async function look({ path, isWanted, maxAgeMs, contains }: FileQuestion, clock: Clock): Promise<Seen> {
  const found = await stat(path).catch((error: NodeJS.ErrnoException) => error);
  if (found instanceof Error) return withoutFile(path, isWanted, found);
  if (!isWanted) throw new Failure(`"${path}" is there`);
  const ageMs = clock.wallMs() - found.mtimeMs;
  if (maxAgeMs !== null && ageMs > maxAgeMs) throw new Failure(`"${path}" was last written ${formatMs(ageMs)} ago`);
  if (contains === null) return { text: "there" };
  if (!found.isFile()) throw new Failure(`"${path}" is no regular file, so nothing can be read in it`);
  if (!(await beginningOf(path)).includes(contains)) throw new Failure(`"${path}" has no "${contains}" in it`);
  return { text: `has "${contains}" in it` };
}

/** Only a file that is certainly not there is absent. */
function withoutFile(path: string, isWanted: boolean, { code, message }: NodeJS.ErrnoException): Seen {
  const isAbsent = code === "ENOENT" || code === "ENOTDIR";
  if (!isAbsent) throw new Failure(message);
  if (isWanted) throw new Failure(`there is no "${path}"`);
  return { text: "absent" };
}

/** It may have become something that nothing can be read from meanwhile; nobody waits for that. */
async function beginningOf(path: string): Promise<Buffer> {
  await using file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  const { buffer, bytesRead } = await file.read({ buffer: Buffer.alloc(SEARCHED_BYTES), position: 0 });
  return buffer.subarray(0, bytesRead);
}
