import { join } from "node:path";
import { readIfThere } from "../../host/durable-file.ts";

/** The process id of the server's main process by the data's own lock file; `null` when that is not there. It may be of the past. */
export async function postmasterPid(data: string): Promise<number | null> {
  const text = await readIfThere(join(data, "postmaster.pid")).catch(() => null);
  const pid = Number.parseInt(text ?? "", 10);
  return pid > 1 ? pid : null;
}
