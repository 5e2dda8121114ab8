import { LATE, type Outcome } from "./attempt.ts";
import type { CallError } from "./call-error.ts";
import type { Endpoint } from "./endpoint.ts";
import { pause, type Span } from "./span.ts";

/** How a question is asked that may be asked as often as one likes. */
export interface Asking<A> {
  /** The endpoints, the best one first. */
  readonly endpoints: () => readonly Endpoint[];
  /** Asks one; never rejects. */
  readonly ask: (endpoint: Endpoint) => Promise<Outcome<A>>;
  /** Whether an error ends it: everybody would answer the same. */
  readonly isFinal: (error: CallError) => boolean;
  /** So long each is waited for before the next one is asked, too. */
  readonly hedgeMs: number;
  /** Ended when all who were asked have answered, which may be later than the first answer. */
  readonly span: Span;
}

/** Between two rounds when all have refused: an election takes longer than a question. */
const ROUND_MS = 20;

/**
 * The first answer of any endpoint. One that is late or fails is not waited for: the next is asked, too, and
 * all of them again and again. `null` when there is no more time. `troubles` gets what each said last.
 */
export async function firstAnswer<A>(
  { endpoints, ask, isFinal, hedgeMs, span }: Asking<A>,
  troubles: Map<string, CallError>,
): Promise<Outcome<A> | null> {
  const asked = new Map<Endpoint, Promise<Outcome<A>>>();
  const failed = new Set<Endpoint>();
  try {
    while (!span.signal.aborted) {
      const next = endpoints().find((endpoint) => !asked.has(endpoint) && !failed.has(endpoint));
      if (next !== undefined) asked.set(next, ask(next));
      const isRoundOver = next === undefined && failed.size > 0;
      const outcome = await firstOf(asked, isRoundOver ? ROUND_MS : hedgeMs, span.signal);
      if (outcome === null) {
        if (isRoundOver) failed.clear();
        continue;
      }
      asked.delete(outcome.endpoint);
      if ("answer" in outcome) return outcome;
      troubles.set(outcome.endpoint.name, outcome.error);
      if (isFinal(outcome.error)) return outcome;
      failed.add(outcome.endpoint);
    }
    for (const { name } of asked.keys()) if (!troubles.has(name)) troubles.set(name, LATE);
    return null;
  } finally {
    void Promise.all(asked.values()).finally(() => span.end());
  }
}

/** `null`: nobody answered within `ms`. */
async function firstOf<A>(
  asked: ReadonlyMap<Endpoint, Promise<Outcome<A>>>,
  ms: number,
  signal: AbortSignal,
): Promise<Outcome<A> | null> {
  const { over, end } = pause(ms, signal);
  try {
    return await Promise.race([...asked.values(), over.then(() => null)]);
  } finally {
    end();
  }
}
