/** Whoever keeps a process that serves, beside others of the same work, and may let another one take over from it. */
export interface Keeper {
  /** The how manieth of its generation this process is. The first one (0) speaks for all: to operators, and of what happens. */
  readonly index: number;
  /** What an operator had changed in the process before; `null`: nothing, or there was none. */
  readonly state: unknown;
  /** It listens from now on. */
  ready(): void;
  /** Resolves when another one has taken over. */
  readonly retired: Promise<void>;
  /** How questions of the others are answered, by their topic. */
  answer(topic: string, how: (question: unknown) => unknown): void;
  /** The answers of the others that come within a second. */
  ask(topic: string, question: unknown): Promise<readonly unknown[]>;
}
