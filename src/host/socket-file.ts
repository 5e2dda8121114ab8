import { rename, rm, stat } from "node:fs/promises";
import type { Server } from "node:net";
import { dirname, join } from "node:path";

/**
 * Lets `server` listen at the Unix socket `path`, for this user only; whoever listened there before is reached no more by it. Resolves with
 * what removes the file at the end, unless another one has taken the place. Rejects with the system's error.
 */
export async function listenAtFile(server: Server, path: string): Promise<() => Promise<void>> {
  // A server removes its file by name when it ends, whosever that is by then: so it never knows the real one.
  const own = join(dirname(path), `.${process.pid}`);
  await rm(own, { force: true });
  await new Promise<void>((resolve, reject) => {
    const mask = process.umask(0o177);
    server.once("listening", resolve).once("error", reject);
    server.listen({ path: own, exclusive: true });
    process.umask(mask);
  });
  server.removeAllListeners("error");
  const { ino } = await stat(own);
  await rename(own, path);
  return async () => {
    const now = await stat(path).catch(() => null);
    if (now?.ino === ino) await rm(path, { force: true });
  };
}
