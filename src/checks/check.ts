/** What one try of a check found. */
export interface CheckResult {
  readonly ok: boolean;
  /** What was seen, for a person: `answered`, or what went wrong. */
  readonly text: string;
  readonly tookMs: number;
}

/** A way to find out whether a member's service works. It observes and never decides. */
export interface Check {
  /** Tries once; settles within about `deadlineMs` and never rejects. Never called again before it has settled. */
  run(deadlineMs: number): Promise<CheckResult>;
  /** Lets go of what it holds; a try under way fails. */
  close(): void;
}
