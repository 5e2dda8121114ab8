import { closeSync, linkSync, openSync, rmSync, statSync } from "node:fs";
import { connect, type Server } from "node:net";

/** A broom older than that was left behind by a process that died while it swept. */
const BROOM_MS = 5000;

/**
 * Lets `server` listen at the Unix socket `path`, unless somebody lives there already (then `false`). Of
 * several that try at once exactly one wins: everybody listens under a name of his own first, and a link
 * is made only where there is no file. A dead one's file is removed by whoever holds the broom.
 */
export async function ownSocket(server: Server, path: string): Promise<boolean> {
  const mine = `${path}.${process.pid}`;
  const mask = process.umask(0o177);
  rmSync(mine, { force: true });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(mine, resolve);
  });
  process.umask(mask);
  try {
    for (let attempt = 0; attempt < 200; attempt++) {
      if (linked(mine, path)) return true;
      const found = await lookAt(path);
      if (found === "living") break;
      if (found === "dead") await sweep(path);
    }
  } finally {
    rmSync(mine, { force: true });
  }
  server.close();
  return false;
}

function linked(mine: string, path: string): boolean {
  try {
    linkSync(mine, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}

/** `living`: a process listens there, if only a stopped one. `dead`: its process is gone, the file was left. */
function lookAt(path: string): Promise<"living" | "dead" | "absent"> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once("connect", () => {
      socket.destroy();
      resolve("living");
    });
    socket.once("error", (error: NodeJS.ErrnoException) => resolve(error.code === "ECONNREFUSED" ? "dead" : "absent"));
  });
}

/** Removes a dead socket: only the holder of the broom removes, and only what it has found dead while holding it. */
async function sweep(path: string): Promise<void> {
  const broom = `${path}.broom`;
  try {
    closeSync(openSync(broom, "wx"));
  } catch {
    if (isOld(broom)) rmSync(broom, { force: true });
    return new Promise((resolve) => setTimeout(resolve, 5));
  }
  try {
    if ((await lookAt(path)) === "dead") rmSync(path, { force: true });
  } finally {
    rmSync(broom, { force: true });
  }
}

function isOld(file: string): boolean {
  const stat = statSync(file, { throwIfNoEntry: false });
  return stat !== undefined && Date.now() - stat.mtimeMs > BROOM_MS;
}
