import { createServer, type Server, type Socket } from "node:net";
import type { Address } from "../../config/config.ts";
import { messageOf, UserError } from "../../lib/failure.ts";
import { KEEP_ALIVE_MS } from "./dial.ts";

/** Connections that the kernel accepts for us while we are busy: as many as may come back at once after a takeover. */
const BACKLOG = 1024;

/**
 * Listens at `address`; without a host: at all of this host's. A failure that concerns one connection only (no file descriptors left) is logged
 * and survived. `setting` names where the address comes from: a port in use is a `UserError` about it.
 */
export async function listen(
  address: Address,
  setting: string,
  accept: (client: Socket) => void,
  log: (text: string) => void,
): Promise<Server> {
  const server = createServer(SOCKETS, accept);
  await open(server, address, setting);
  server.on("error", (error) => log(`a client could not be accepted: ${error.message}`));
  return server;
}

/** How each client's connection is set up. */
export const SOCKETS = {
  allowHalfOpen: true,
  noDelay: true,
  keepAlive: true,
  keepAliveInitialDelay: KEEP_ALIVE_MS,
} as const;

/** Lets `server` listen at `address`; why it cannot is a `UserError` about `setting`. */
export async function open(server: Server, address: Address, setting: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(
      { ...(address.host !== "" && { host: address.host }), port: address.port, backlog: BACKLOG },
      resolve,
    );
  }).catch((error: NodeJS.ErrnoException) => {
    throw new UserError(`Cannot listen at ${address.host}:${address.port} (${setting}): ${explain(error)}`);
  });
  server.removeAllListeners("error");
}

function explain(error: NodeJS.ErrnoException): string {
  switch (error.code) {
    case "EADDRINUSE":
      return "another program listens there. Choose another port, or stop that program";
    case "EADDRNOTAVAIL":
      return "this machine has no such address";
    case "EACCES":
      return "ports below 1024 need more rights. Choose a higher one";
    default:
      return messageOf(error);
  }
}
