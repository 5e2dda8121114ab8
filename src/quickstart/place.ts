import { createHash } from "node:crypto";
import { stat } from "node:fs/promises";
import { dirname, join } from "node:path";

/**
 * Where the quickstart of this checkout keeps its data, configuration and logs: in the checkout, unless we
 * are root and the user that PostgreSQL runs as could not get there.
 */
export async function findPlace(checkout: string): Promise<string> {
  const isRoot = process.getuid?.() === 0;
  if (!isRoot || (await everybodyPasses(checkout))) return join(checkout, ".understudy", "quickstart");
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
