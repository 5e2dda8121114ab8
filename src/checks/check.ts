/** What one try of a check found. */
export interface CheckResult {
  readonly ok: boolean;
  /** What was seen, for a person: `answered`, or what went wrong. */
  readonly text: string;
  readonly tookMs: number;
  /** Figures that came with the answer; left out: none. */
  readonly metrics?: readonly Metric[];
}

/** A figure that a program gave with its answer. */
export interface Metric {
  readonly name: string;
  readonly value: number;
  /** Such as `s`, `%`, `B`; `""`: a mere number. */
  readonly unit: string;
}

/** A way to find out whether a member's service works. It observes and never decides. */
export interface Check {
  /** Tries once; settles within about `deadlineMs` and never rejects. Never called again before it has settled. */
  run(deadlineMs: number): Promise<CheckResult>;
  /** Lets go of what it holds; a try under way fails. */
  close(): void;
}
