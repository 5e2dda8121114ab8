import { createServer, type Server, type TLSSocket } from "node:tls";
import type { Address } from "../../config/config.ts";
import { open, SOCKETS } from "../proxy/listener.ts";
import type { Certificates } from "./certificates.ts";

/** Listens at `address` for clients that speak TLS; `accept` gets those whose handshake has succeeded within `handshakeMs`. */
export async function listenSecure(
  address: Address,
  certificates: Certificates,
  handshakeMs: number,
  accept: (client: TLSSocket) => void,
  log: (text: string) => void,
): Promise<Server> {
  const server = createServer(
    {
      ...SOCKETS,
      ...certificates.first,
      SNICallback: (name, then) => then(null, certificates.of(name)),
      handshakeTimeout: handshakeMs,
      ALPNProtocols: ["http/1.1"],
    },
    accept,
  );
  server.on("tlsClientError", (_error, socket) => socket.destroy());
  await open(server, address, "--listen");
  server.on("error", (error) => log(`a client could not be accepted: ${error.message}`));
  return server;
}
