import type { TLSSocket } from "node:tls";
import { Failure } from "../lib/failure.ts";

/** How a check by TLS believes the certificate. */
export interface TlsQuestion {
  /** For so many days more it must be valid. */
  readonly minDays: number;
  /** Whose certificates are believed, in PEM format; `null`: those that Node believes. */
  readonly ca: string | null;
}

const DAY_MS = 86_400_000;

/** Throws a {@link Failure} when the certificate that `socket` was shown ends too soon. */
export function checkDaysLeft(socket: TLSSocket, minDays: number, wallMs: number): void {
  const daysLeft = (Date.parse(socket.getPeerCertificate().valid_to) - wallMs) / DAY_MS;
  if (daysLeft < minDays) throw new Failure(`its certificate ends in ${Math.floor(daysLeft)} days`);
}
