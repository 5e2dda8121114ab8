/** How a quickstart is run. */
export interface QuickstartOptions {
  readonly checkout: string;
  /** Ends after the first takeover. */
  readonly once: boolean;
  /** Aborted when the user wants it to end. */
  readonly stop: AbortSignal;
}
