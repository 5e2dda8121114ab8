/** A time that a call may take. Its signal is given off when it is over. */
export interface Span {
  readonly signal: AbortSignal;
  /** It is over, and nobody needs to know. */
  end(): void;
}

/** The times of all calls that are under way, so that they can be ended together. */
export class Spans {
  readonly #open = new Set<AbortController>();
  #closed = false;

  /** Begins a time of `ms`. After a pause of this process the answer may be there already: it is taken first. */
  begin(ms: number): Span {
    const controller = new AbortController();
    if (this.#closed) controller.abort();
    this.#open.add(controller);
    const timer = setTimeout(() => setImmediate(() => setImmediate(() => controller.abort())), Math.max(0, ms));
    const end = (): void => {
      clearTimeout(timer);
      this.#open.delete(controller);
      controller.abort();
    };
    return { signal: controller.signal, end };
  }

  /** Ends all of them, and all that begin later. */
  close(): void {
    this.#closed = true;
    for (const controller of this.#open) controller.abort();
  }
}

/** Resolves after `ms`, or when `signal` is given off. `end` does away with it. */
export function pause(ms: number, signal: AbortSignal): { readonly over: Promise<void>; readonly end: () => void } {
  let end = (): void => undefined;
  const over = new Promise<void>((resolve) => {
    const timer = setTimeout(() => end(), ms);
    end = (): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", end);
      resolve();
    };
    if (signal.aborted) end();
    else signal.addEventListener("abort", end);
  });
  return { over, end };
}
