import { Failure } from "../../src/lib/failure.ts";

const ANSWER_MS = 1000;

/** Asks etcd over HTTP, e.g. for `maintenance/status`. Rejects with a {@link Failure}, or whatever `fetch` says. */
export async function callEtcd(endpoint: string, what: string, body: unknown): Promise<unknown> {
  const signal = AbortSignal.timeout(ANSWER_MS);
  const answer = await fetch(`${endpoint}/v3/${what}`, { method: "POST", body: JSON.stringify(body), signal });
  if (!answer.ok)
    throw new Failure(`etcd at ${endpoint} answers ${answer.status} to "${what}": ${await answer.text()}`);
  return answer.json();
}
