import { join } from "node:path";
import { readIfThere, removeDurably, writeDurably } from "../../host/durable-file.ts";
import { Failure, messageOf } from "../../lib/failure.ts";

/**
 * Work on a member's data that was begun and is not finished; durable as `work.json` in the member's
 * directory, beside the data and not in it.
 */
export interface Work {
  readonly format: 1;
  readonly doing: "adopt" | "clone" | "rewind";
  /** For people (ISO 8601). */
  readonly since: string;
  /** From which member; its own name for `adopt`. */
  readonly from: string;
  /** Whether the data in place is still what it was before. If not, nothing may use it until it has been cloned. */
  readonly isDataWhole: boolean;
  /** Where the things that only this copy had were saved, for people; `null` when there was nothing. */
  readonly aside: string | null;
}

/** The work that is under way or was broken off; `null` when there is none. Rejects with a {@link Failure} when nobody can tell. */
export async function readWork(memberDirectory: string): Promise<Work | null> {
  const file = fileIn(memberDirectory);
  const text = await readIfThere(file);
  if (text === null) return null;
  try {
    const work = JSON.parse(text) as Work;
    if (work.format !== 1 || typeof work.isDataWhole !== "boolean") throw new Failure("it has an unknown form");
    return work;
  } catch (error) {
    throw new Failure(
      `Cannot read "${file}": ${messageOf(error)}. Until it is read or removed nobody knows whether the data is whole.`,
    );
  }
}

/** Says durably that the work is under way, before it changes anything. */
export async function writeWork(memberDirectory: string, work: Work): Promise<void> {
  await writeDurably(fileIn(memberDirectory), `${JSON.stringify(work, null, 2)}\n`);
}

/** Says durably that nothing is under way: the data in place is whole. */
export async function clearWork(memberDirectory: string): Promise<void> {
  await removeDurably(fileIn(memberDirectory));
}

function fileIn(memberDirectory: string): string {
  return join(memberDirectory, "work.json");
}
