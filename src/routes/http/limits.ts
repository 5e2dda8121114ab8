/** What a client may take of the proxy: everything has a bound. */
export interface Limits {
  readonly connections: number;
  /** From the first byte of a request's head to its last. */
  readonly headMs: number;
  readonly headBytes: number;
  /** How long a connection may be without a request. */
  readonly idleMs: number;
  readonly bodyBytes: number;
  /** How long a client may send nothing in the midst of a body, or take nothing of one. */
  readonly stallMs: number;
  /** How long a server may send nothing in the midst of a body; events (`text/event-stream`) and WebSockets have no such limit. */
  readonly silenceMs: number;
  /** How long a server may take until its answer begins. */
  readonly answerMs: number;
  /** How long a request waits while nobody can serve it. */
  readonly holdMs: number;
  readonly maxHeld: number;
}

export const DEFAULT_LIMITS: Limits = {
  connections: 10_000,
  headMs: 10_000,
  headBytes: 32 * 1024,
  idleMs: 75_000,
  bodyBytes: 1024 ** 3,
  stallMs: 60_000,
  silenceMs: 300_000,
  answerMs: 60_000,
  holdMs: 30_000,
  maxHeld: 10_000,
};
