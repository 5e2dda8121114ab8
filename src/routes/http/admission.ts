import type { ClientHost } from "./client.ts";
import type { Refusal, RequestHead } from "./request-head.ts";

/** Why a request that is well-formed is not taken all the same; `null`: it is. */
export function refusalOf({ fields }: RequestHead, { via, limits }: ClientHost): Refusal | null {
  if (fields.via.includes(via)) return { status: 508, text: "the request has come back to this proxy" };
  if (fields.contentLength > limits.bodyBytes) return { status: 413, text: "the body is too long" };
  return null;
}
