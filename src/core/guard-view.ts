/** What a guard says about one group. */
export type GuardView =
  /** The service is ended at `untilMs` unless it is armed again before. */
  | { readonly state: "armed"; readonly untilMs: number }
  /** Nothing is guarded. */
  | { readonly state: "idle" }
  /** It has ended the service: `atMs`. It stays so until disarmed. */
  | { readonly state: "fired"; readonly atMs: number }
  /** The guard cannot be reached: it guards nothing that could be relied upon. */
  | { readonly state: "lost" };
