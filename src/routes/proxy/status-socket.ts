import { createServer } from "node:net";
import { join } from "node:path";
import { listenAtFile } from "../../host/socket-file.ts";
import { messageOf } from "../../lib/failure.ts";

/** Where the proxy of a route tells its status: a Unix socket that answers each connection with one line of JSON. */
export function statusSocketPath(directory: string, group: string, route: string): string {
  return join(directory, `proxy-${group}-${route}.sock`);
}

/** A socket that is served, until it is closed. */
export interface Served {
  close(): Promise<void>;
}

/**
 * Serves the status at `path`, for this user only, in the place of whoever did so before: whoever calls this has the route's port. Without it
 * clients are served as well, so a failure is only logged.
 */
export async function serveStatus(
  path: string,
  status: () => object | Promise<object>,
  log: (text: string) => void,
): Promise<Served | null> {
  const server = createServer((client) => {
    client.on("error", () => undefined);
    void Promise.resolve(status()).then((value) => client.end(`${JSON.stringify(value)}\n`));
  });
  try {
    const remove = await listenAtFile(server, path);
    server.on("error", (error) => log(`the route's status cannot be asked for: ${error.message}`));
    return {
      async close() {
        server.close();
        await remove();
      },
    };
  } catch (error) {
    log(`the route's status cannot be asked for: ${messageOf(error)}`);
    return null;
  }
}
