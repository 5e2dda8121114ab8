import { createHash } from "node:crypto";
import { chmod, copyFile, mkdir, stat } from "node:fs/promises";
import { constants } from "node:fs";
import { dirname, join } from "node:path";
import { Failure, messageOf } from "../lib/failure.ts";

/** Where the quickstart of a checkout keeps everything. */
export interface Place {
  /** The configuration: a copy of the example, made at the first start, which may be edited. */
  readonly file: string;
  /** Data, store, logs. */
  readonly directory: string;
  /** Whether nothing was there before. */
  readonly isNew: boolean;
}

/** Makes the place of an example, with the files that it names, or finds it as an earlier start left it. */
export async function preparePlace(
  checkout: string,
  example = "quickstart",
  others: readonly string[] = [],
): Promise<Place> {
  const root = await findRoot(checkout);
  const file = join(root, `${example}.yaml`);
  const directory = join(root, example);
  try {
    // The user that PostgreSQL runs as must get through, and see nothing on the way.
    await mkdir(directory, { recursive: true });
    for (const passed of [root, directory]) await chmod(passed, 0o711);
    const isNew = await copyFile(join(checkout, "examples", `${example}.yaml`), file, constants.COPYFILE_EXCL).then(
      () => true,
      (error: NodeJS.ErrnoException) => {
        if (error.code === "EEXIST") return false;
        throw error;
      },
    );
    for (const other of others) await copyFile(join(checkout, "examples", other), join(root, other));
    return { file, directory, isNew };
  } catch (error) {
    throw new Failure(`Cannot prepare a place for the quickstart in "${root}": ${messageOf(error)}`);
  }
}

/**
 * In the checkout, unless we are root and the user that PostgreSQL runs as could not get there; then
 * elsewhere, always in the same place for the same checkout.
 */
export async function findRoot(checkout: string): Promise<string> {
  const isRoot = process.getuid?.() === 0;
  if (!isRoot || (await everybodyPasses(checkout))) return join(checkout, ".understudy");
  const id = createHash("sha256").update(checkout).digest("hex").slice(0, 8);
  return `/var/lib/understudy/quickstart-${id}`;
}

/** Whether any user can go through `directory` and all directories above it. */
async function everybodyPasses(directory: string): Promise<boolean> {
  const { mode } = await stat(directory);
  if ((mode & 0o001) === 0) return false;
  const above = dirname(directory);
  return above === directory || everybodyPasses(above);
}
