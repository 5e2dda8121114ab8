import { once } from "node:events";
import { rm } from "node:fs/promises";
import type { Server } from "node:http";
import { connect, type ListenOptions } from "node:net";
import type { Address } from "../config/config.ts";
import { Failure, messageOf } from "../lib/failure.ts";
import type { AgentPort } from "./agent-port.ts";
import { answer, type Answering, type Entrance } from "./answer.ts";
import { http } from "./node-http.ts";

/** Where the API is served: on the agent's Unix socket, and for reading on a loopback port (0: any free one). */
export interface ApiPlace {
  readonly socket: string;
  readonly address: Address | null;
  /** Default: nobody joins or leaves. */
  readonly membership?: Answering["membership"];
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
  const answering: Answering = { port, membership: place.membership ?? nobodyJoins };
  const onSocket = await listenForUsAlone(answering, place.socket);
  try {
    const onLoopback = place.address === null ? null : await listen(answering, "loopback", place.address);
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

export const SERVER_LIMITS = {
  requestTimeout: REQUEST_MS,
  headersTimeout: REQUEST_MS,
  connectionsCheckingInterval: REQUEST_MS,
};

/** Health checks and followers; more at a time are refused. */
export const CONNECTIONS_MOST = 256;

async function nobodyJoins(): Promise<never> {
  throw new Failure("Hosts cannot join here");
}

async function listen(answering: Answering, entrance: Entrance, where: ListenOptions): Promise<Server> {
  const server = http.createServer(
    SERVER_LIMITS,
    (request, response) => void answer(answering, entrance, request, response),
  );
  server.maxConnections = CONNECTIONS_MOST;
  await listening(server, where);
  return server;
}

/** Rejects with a {@link Failure} when the place cannot be had. */
export async function listening(server: Server, where: ListenOptions): Promise<void> {
  server.listen(where);
  await once(server, "listening").catch((error: unknown) => {
    const place = where.path ?? `${where.host}:${where.port}`;
    throw new Failure(`Cannot serve the API at "${place}": ${messageOf(error)}`);
  });
}

/** The socket is made within the call of `listen`, and with this mask for its user alone. */
async function listenForUsAlone(answering: Answering, socket: string): Promise<Server> {
  const mask = process.umask(0o177);
  const made = listen(answering, "socket", { path: socket });
  process.umask(mask);
  return made;
}

function boundTo(server: Server): Address | null {
  const bound = server.address();
  return typeof bound === "object" && bound !== null ? { host: bound.address, port: bound.port } : null;
}

/** Stops at once; requests under way are cut off. */
export async function stop(server: Server): Promise<void> {
  const closed = once(server, "close");
  server.close();
  server.closeAllConnections();
  await closed;
}
