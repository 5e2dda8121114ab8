import { createServer } from "node:https";
import type { PeerCertificate, TLSSocket } from "node:tls";
import type { Address } from "../config/config.ts";
import type { Credentials } from "../credentials/credentials.ts";
import { answer, type Answering, type Entrance } from "./answer.ts";
import { CONNECTIONS_MOST, listening, SERVER_LIMITS, stop } from "./server.ts";

export interface PeerPlace {
  readonly address: Address;
  readonly credentials: Credentials;
  /** Whether a node of that name is part of the cluster now. */
  readonly isNode: (name: string) => boolean;
}

/** As many who show no certificate are answered at a time: hosts join one by one. */
const STRANGERS_MOST = 8;

/**
 * Serves the API to other hosts, by TLS 1.3 alone. Nodes show certificates of the cluster's authority and may do whatever the Unix
 * socket allows; whoever shows none may only ask to join. The authority's certificate is sent along, so that a host that joins can compare it with its
 * token. Rejects with a `Failure` when the address cannot be had.
 */
export async function servePeers(answering: Answering, place: PeerPlace): Promise<() => Promise<void>> {
  const { ca, cert, key } = place.credentials;
  const secure = { ca, cert: `${cert}${ca}`, key, minVersion: "TLSv1.3", requestCert: true } as const;
  let strangers = 0;
  const server = createServer({ ...SERVER_LIMITS, ...secure, rejectUnauthorized: false }, (request, response) => {
    const entrance = entranceOf(request.socket as TLSSocket, place);
    if (entrance === "stranger") {
      strangers++;
      response.once("close", () => strangers--);
      if (strangers > STRANGERS_MOST) return request.socket.destroy();
    }
    void answer(answering, entrance, request, response);
  });
  server.maxConnections = CONNECTIONS_MOST;
  await listening(server, place.address);
  return () => stop(server);
}

function entranceOf(socket: TLSSocket, { isNode }: PeerPlace): Entrance {
  if (!socket.authorized) return "stranger";
  const shown = socket.getPeerCertificate() as Partial<PeerCertificate> | null;
  const name: unknown = shown?.subject?.CN;
  return typeof name === "string" && isNode(name) ? "peer" : "stranger";
}
