import { rm } from "node:fs/promises";
import { createServer, type Server } from "node:net";
import { join } from "node:path";

/** Where the proxy of a route tells its status: a Unix socket that answers each connection with one line of JSON. */
export function statusSocketPath(directory: string, group: string, route: string): string {
  return join(directory, `proxy-${group}-${route}.sock`);
}

/**
 * Serves the status at `path`, for this user only. A file that is there already is a dead proxy's: whoever
 * calls this holds the route's port. Without it clients are served as well, so a failure is only logged.
 */
export async function serveStatus(
  path: string,
  status: () => object,
  log: (text: string) => void,
): Promise<Server | null> {
  const server = createServer((client) => {
    client.on("error", () => undefined);
    client.end(`${JSON.stringify(status())}\n`);
  });
  await rm(path, { force: true });
  return new Promise((resolve) => {
    const mask = process.umask(0o177);
    server.once("listening", () => resolve(server));
    server.on("error", (error) => {
      log(`the route's status cannot be asked for: ${error.message}`);
      resolve(null);
    });
    server.listen(path);
    process.umask(mask);
  });
}
