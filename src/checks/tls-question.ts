import { createSecureContext, type SecureContext, type TLSSocket } from "node:tls";
import { Failure } from "../lib/failure.ts";

/** How a check by TLS believes the certificate. */
export interface TlsQuestion {
  /** For so many days more it must be valid. */
  readonly minDays: number;
  /** Whose certificates are believed, in PEM format; `null`: those that Node believes. */
  readonly ca: string | null;
}

const contexts = new WeakMap<TlsQuestion, SecureContext>();

/** What its connections have in common, made once: to read the certificates takes as long as ten tries. */
export function contextOf(tls: TlsQuestion): SecureContext {
  const known = contexts.get(tls);
  if (known !== undefined) return known;
  const made = createSecureContext(tls.ca === null ? {} : { ca: tls.ca });
  contexts.set(tls, made);
  return made;
}

const DAY_MS = 86_400_000;

/** Throws a {@link Failure} when the certificate that `socket` was shown ends too soon. */
export function checkDaysLeft(socket: TLSSocket, minDays: number, wallMs: number): void {
  const daysLeft = (Date.parse(socket.getPeerCertificate().valid_to) - wallMs) / DAY_MS;
  if (daysLeft < minDays) throw new Failure(`its certificate ends in ${Math.floor(daysLeft)} days`);
}
