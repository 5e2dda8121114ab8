/** Undoes what {@link Clock.after} started; harmless once it has run. */
export type Cancel = () => void;

/** Time as one process sees it. The simulator passes its own. */
export interface Clock {
  /**
   * Milliseconds on a clock that never jumps. On one host all processes share it, so an instant can be
   * handed from the agent to its guard; between hosts it means nothing.
   */
  nowMs(): number;
  /** Milliseconds since 1970, for people to read. Never compared, never decided upon. */
  wallMs(): number;
  /** Runs `then` once, `ms` milliseconds from now or a little later. */
  after(ms: number, then: () => void): Cancel;
}

/** Resolves after `ms` milliseconds of `clock`. */
export function sleep(clock: Clock, ms: number): Promise<void> {
  return new Promise((resolve) => clock.after(ms, resolve));
}
