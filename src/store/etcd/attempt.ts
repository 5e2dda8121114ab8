import { CallError } from "./call-error.ts";
import type { Headers } from "./connection.ts";
import type { Endpoint } from "./endpoint.ts";
import type { Method } from "./methods.ts";

/** How one endpoint took a question. */
export type Outcome<A> =
  | { readonly endpoint: Endpoint; readonly answer: A }
  | { readonly endpoint: Endpoint; readonly error: CallError };

/** What is said of an endpoint whose time is over. */
export const LATE: CallError = new CallError("no answer in time");

/** Asks one endpoint once, until `signal`. Never rejects. */
export async function attempt<Q, A>(
  endpoint: Endpoint,
  method: Method<Q, A>,
  question: Q,
  headers: Headers,
  signal: AbortSignal,
): Promise<Outcome<A>> {
  try {
    return { endpoint, answer: await endpoint.call(method, question, headers, signal) };
  } catch (error) {
    if (!(error instanceof CallError)) throw error;
    if (!signal.aborted) return { endpoint, error };
    endpoint.owes();
    return { endpoint, error: LATE };
  }
}
