import type { Socket } from "node:net";
import { createServer, type Server, type TLSSocket } from "node:tls";
import type { Address } from "../../config/config.ts";
import { open, SOCKETS } from "../proxy/listener.ts";
import type { Certificates } from "./certificates.ts";

/** A server and its connections, also those whose handshake has not come to its end. */
export interface SecureListener {
  readonly server: Server;
  /** Ends all connections at once. */
  destroy(): void;
}

/** Listens at `address` for clients that speak TLS; `accept` gets those whose handshake has succeeded within `handshakeMs`. */
export async function listenSecure(
  address: Address,
  certificates: Certificates,
  handshakeMs: number,
  accept: (client: TLSSocket) => void,
  log: (text: string) => void,
): Promise<SecureListener> {
  const server = createServer(
    {
      ...SOCKETS,
      ...certificates.first,
      SNICallback: (name, then) => then(null, certificates.of(name)),
      handshakeTimeout: handshakeMs,
      ALPNProtocols: ["h2", "http/1.1"],
    },
    accept,
  );
  server.on("tlsClientError", (_error, socket) => socket.destroy());
  const sockets = new Set<Socket>();
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });
  await open(server, address, "--listen");
  server.on("error", (error) => log(`a client could not be accepted: ${error.message}`));
  return { server, destroy: () => sockets.forEach((socket) => socket.destroy()) };
}
