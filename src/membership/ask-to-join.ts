import { X509Certificate } from "node:crypto";
import { once } from "node:events";
import { connect, type DetailedPeerCertificate, type TLSSocket } from "node:tls";
import { agentAt } from "../api/client.ts";
import { Unreachable } from "../api/ask.ts";
import { paths } from "../api/contract.ts";
import type { Address } from "../config/config.ts";
import { Failure, messageOf } from "../lib/failure.ts";
import type { JoinRequest, Result, Welcome } from "./membership-port.ts";
import { fingerprintOf, type Token } from "./token.ts";

const CONNECT_MS = 3000;

/** An agent that proved to be of the token's cluster, and by which of our addresses it was reached. */
interface Door {
  readonly address: Address;
  readonly ca: string;
  readonly ownHost: string;
}

/** What a host says of itself; `host: null`: the address by which it reaches the agent that lets it in. */
export type Introduction = Omit<JoinRequest, "id" | "secret" | "host"> & { readonly host: string | null };

/**
 * Asks the agents that the token names, one after the other, to be let in. The secret is sent only to an agent whose authority is the token's.
 * Rejects with {@link Unreachable} when none can be asked, with an `UnknownOutcome` when an answer was lost: then the token may be used up.
 */
export async function askToJoin(token: Token, who: Introduction): Promise<Result<Welcome>> {
  const door = await openDoor(token);
  const { id, secret } = token;
  const agent = agentAt("", { address: door.address, tls: { ca: door.ca }, node: null });
  return agent.membership<Welcome>(paths.join, { id, secret, ...who, host: who.host ?? door.ownHost });
}

async function openDoor({ addresses, authority }: Token): Promise<Door> {
  const reasons: string[] = [];
  for (const text of addresses) {
    try {
      return await doorAt(parsed(text), authority);
    } catch (error) {
      reasons.push(`${text}: ${messageOf(error)}`);
    }
  }
  throw new Unreachable(`No agent of the cluster could be asked. ${reasons.join("; ")}`);
}

async function doorAt(address: Address, authority: string): Promise<Door> {
  const socket = connect({ ...address, servername: "", minVersion: "TLSv1.3", rejectUnauthorized: false });
  const deadline = AbortSignal.timeout(CONNECT_MS);
  try {
    await once(socket, "secureConnect", { signal: deadline });
    const ca = authorityShownBy(socket, authority);
    if (ca === null)
      throw new Failure("another cluster's agent answers there, or somebody who pretends to be one; nothing was told");
    return { address, ca, ownHost: socket.localAddress ?? "" };
  } catch (error) {
    throw deadline.aborted ? new Failure(`no answer within ${CONNECT_MS} ms`) : error;
  } finally {
    socket.destroy();
  }
}

/** The authority's certificate, if it is the one that is known and has signed the one that the server has the key of; else `null`. */
function authorityShownBy(socket: TLSSocket, fingerprint: string): string | null {
  const shown = socket.getPeerCertificate(true) as Partial<DetailedPeerCertificate>;
  if (shown.raw === undefined || shown.issuerCertificate?.raw === undefined) return null;
  const authority = new X509Certificate(shown.issuerCertificate.raw);
  const isTrue =
    fingerprintOf(authority.raw) === fingerprint && new X509Certificate(shown.raw).verify(authority.publicKey);
  return isTrue ? authority.toString() : null;
}

function parsed(text: string): Address {
  const colon = text.lastIndexOf(":");
  return { host: text.slice(0, colon).replaceAll(/[[\]]/g, ""), port: Number(text.slice(colon + 1)) };
}
