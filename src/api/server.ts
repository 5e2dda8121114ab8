import { once } from "node:events";
import { rm } from "node:fs/promises";
import type { Server } from "node:http";
import { connect, type ListenOptions } from "node:net";
import type { Address } from "../config/config.ts";
import { Failure, messageOf } from "../lib/failure.ts";
import type { AgentPort } from "./agent-port.ts";
import { answer, type Entrance } from "./answer.ts";
import { http } from "./node-http.ts";

/** Where the API is served: on the agent's Unix socket, and for reading on a loopback port (0: any free one). */
export interface ApiPlace {
  readonly socket: string;
  readonly address: Address | null;
}

export interface ApiServer {
  /** Where it listens besides the socket. */
  readonly address: Address | null;
  /** Stops at once; requests under way are cut off. */
  close(): Promise<void>;
}

/**
 * Serves the API of an agent. The socket is made with mode 0600; a left-over one is replaced. Rejects with
 * a {@link Failure} when an agent answers there already, or when the port is in use.
 */
export async function serveApi(port: AgentPort, place: ApiPlace): Promise<ApiServer> {
  if (await isAnswered(place.socket))
    throw new Failure(`Cannot serve "${place.socket}": an agent answers there already. End that one first.`);
  await rm(place.socket, { force: true });
  const onSocket = await listenForUsAlone(port, place.socket);
  try {
    const onLoopback = place.address === null ? null : await listen(port, "loopback", place.address);
    return {
      address: onLoopback === null ? null : (boundTo(onLoopback) ?? place.address),
      async close() {
        await Promise.all([stop(onSocket), onLoopback === null ? undefined : stop(onLoopback)]);
      },
    };
  } catch (error) {
    await stop(onSocket);
    throw error;
  }
}

/** Whether some process accepts connections on a Unix socket; also one that is stopped at the moment. */
export async function isAnswered(socket: string): Promise<boolean> {
  const connection = connect(socket);
  try {
    await once(connection, "connect");
    return true;
  } catch {
    return false;
  } finally {
    connection.destroy();
  }
}

/** A request that is not complete by then is dropped. */
const REQUEST_MS = 5000;
/** Health checks and followers; more at a time are refused. */
const CONNECTIONS_MOST = 256;

async function listen(port: AgentPort, entrance: Entrance, where: ListenOptions): Promise<Server> {
  const server = http.createServer(
    { requestTimeout: REQUEST_MS, headersTimeout: REQUEST_MS, connectionsCheckingInterval: REQUEST_MS },
    (request, response) => void answer(port, entrance, request, response),
  );
  server.maxConnections = CONNECTIONS_MOST;
  server.listen(where);
  await once(server, "listening").catch((error: unknown) => {
    const place = where.path ?? `${where.host}:${where.port}`;
    throw new Failure(`Cannot serve the API at "${place}": ${messageOf(error)}`);
  });
  return server;
}

/** The socket is made within the call of `listen`, and with this mask for its user alone. */
async function listenForUsAlone(port: AgentPort, socket: string): Promise<Server> {
  const mask = process.umask(0o177);
  const listening = listen(port, "socket", { path: socket });
  process.umask(mask);
  return listening;
}

function boundTo(server: Server): Address | null {
  const bound = server.address();
  return typeof bound === "object" && bound !== null ? { host: bound.address, port: bound.port } : null;
}

async function stop(server: Server): Promise<void> {
  const closed = once(server, "close");
  server.close();
  server.closeAllConnections();
  await closed;
}
