/** Whoever keeps a process that serves, and may let another one take over from it. */
export interface Keeper {
  /** What an operator had changed in the process before; `null`: nothing, or there was none. */
  readonly state: unknown;
  /** It listens from now on. `state` is asked for when another one is to begin. */
  ready(state: () => unknown): void;
  /** Resolves when another one has taken over. */
  readonly retired: Promise<void>;
}
