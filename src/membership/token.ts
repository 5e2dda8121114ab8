import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import { Failure, UserError } from "../lib/failure.ts";

/** What a host that joins is given, as a file: where to ask, by what it knows whom it asks, and by what it is known. */
export interface Token {
  readonly cluster: string;
  /** Of agents, any of which lets it in. */
  readonly addresses: readonly string[];
  /** SHA-256 of the authority's certificate, in hexadecimal digits. */
  readonly authority: string;
  readonly id: string;
  readonly secret: string;
}

/** What is kept of a token: nobody can make it from that. */
export interface KeptToken {
  /** SHA-256 of the secret, in hexadecimal digits. */
  readonly hash: string;
  /** The only node that it lets in; `null`: any. */
  readonly node: string | null;
  /** By the wall clock, in milliseconds since 1970. */
  readonly endsAtMs: number;
  readonly by: string;
}

/** An id and a secret of 256 bits. */
export function newSecret(): Pick<Token, "id" | "secret"> {
  return { id: randomBytes(8).toString("hex"), secret: randomBytes(32).toString("base64url") };
}

export function hashOf(secret: string): string {
  return createHash("sha256").update(secret).digest("hex");
}

/** How the certificate `raw` (DER) is known. */
export function fingerprintOf(raw: Buffer): string {
  return createHash("sha256").update(raw).digest("hex");
}

/** Why `secret` lets `node` not in by what is kept; `null`: it does. */
export function refusalOf(kept: KeptToken, secret: string, node: string, nowMs: number): string | null {
  if (!timingSafeEqual(Buffer.from(kept.hash), Buffer.from(hashOf(secret)))) return "The token is not right.";
  if (nowMs > kept.endsAtMs) return `The token was valid until ${new Date(kept.endsAtMs).toISOString()}.`;
  if (kept.node !== null && kept.node !== node) return `The token is for the node "${kept.node}" alone.`;
  return null;
}

export function parseKept(value: string): KeptToken {
  const { hash, node, endsAtMs, by } = JSON.parse(value) as Partial<KeptToken>;
  if (typeof hash === "string" && typeof endsAtMs === "number")
    return { hash, node: node ?? null, endsAtMs, by: by ?? "" };
  throw new Failure("Cannot read the token in the store: it is not in the form that this version writes.");
}

/** The token of a file's text. Throws a {@link UserError} that does not quote it. */
export function parseToken(text: string): Token {
  let token: Partial<Record<keyof Token, unknown>>;
  try {
    token = JSON.parse(text) as typeof token;
  } catch {
    throw new UserError("This is no token: expected the file that `understudy token create` has made, as a whole");
  }
  const { cluster, addresses, authority, id, secret } = token;
  const isText = (value: unknown): value is string => typeof value === "string" && value !== "";
  const isWhole = isText(cluster) && isText(id) && isText(secret) && isText(authority);
  if (!isWhole || !Array.isArray(addresses) || !addresses.every(isText) || !/^[0-9a-f]{64}$/.test(authority))
    throw new UserError("This token is not whole: expected the file that `understudy token create` has made");
  return { cluster, addresses, authority, id, secret };
}
