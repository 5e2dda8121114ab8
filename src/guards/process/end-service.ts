import { open, readlink, realpath } from "node:fs/promises";
import type { Belonging } from "../../host/belonging.ts";
import { endProcessesOf } from "../../host/processes.ts";
import { messageOf } from "../../lib/failure.ts";

/** How long one attempt lasts before the log says that it goes on. */
const ATTEMPT_MS = 1000;
/** A disk that does not answer must not keep the service alive. */
const DISK_MS = 30;

/**
 * Ends every process that belongs to a service, a database's first process first, and tries
 * until none is left. `tell` hears what stands in the way.
 */
export async function endService(target: Belonging, tell: (text: string) => void): Promise<void> {
  for (;;) {
    try {
      return await endProcessesOf(target, await firstProcess(target.directory), ATTEMPT_MS);
    } catch (error) {
      tell(`${messageOf(error)}; trying again`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}

/** The process that PostgreSQL's own file names, if it really works in that directory: its number may be another's by now. */
async function firstProcess(directory: string): Promise<number | null> {
  const found = namedByFile(directory).catch(() => null);
  const tooLate = new Promise<null>((resolve) => setTimeout(resolve, DISK_MS, null));
  return Promise.race([found, tooLate]);
}

async function namedByFile(directory: string): Promise<number | null> {
  const file = await open(`${directory}/postmaster.pid`);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(16), 0, 16, 0);
    const pid = Number.parseInt(buffer.toString("latin1", 0, bytesRead), 10);
    const works = await readlink(`/proc/${pid}/cwd`);
    return pid > 1 && works === (await realpath(directory)) ? pid : null;
  } finally {
    await file.close();
  }
}
