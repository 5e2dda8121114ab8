/** What a `process` service is, of the configuration: defaults filled in, paths absolute. */
export interface ProcessConfig {
  readonly kind: "process";
  /** The program and its words; `{host}`, `{port}`, `{member}` and `{group}` in them are replaced. */
  readonly command: readonly string[];
  /** `cold`: it runs only where it is primary. `warm`: everywhere, and clients come to the primary alone. `hot`: standbys may have readers, too. */
  readonly standby: "cold" | "warm" | "hot";
  /** How a running standby becomes primary, and a primary a standby; `null`: it is ended and started anew in its role. */
  readonly promote: Tell | null;
  readonly demote: Tell | null;
  /** How it is asked to end. */
  readonly stop: Tell;
  readonly stopMs: number;
  /** By when it must be ready. */
  readonly startMs: number;
  /** When it may have clients: once its address accepts a connection, once it has lived for a moment, or once a command says so. */
  readonly ready: "listens" | "lives" | { readonly command: readonly string[] };
  /** Tells how far its data goes, as a number; `null`: nobody asks. */
  readonly position: { readonly command: readonly string[] } | null;
  /** Where it works; `null`: in a directory of its own below the member's. */
  readonly directory: string | null;
  readonly environment: Readonly<Record<string, string>>;
  /** `null`: as whoever runs the agent. */
  readonly runAs: string | null;
}

/** A way to tell a running process something. */
export type Tell = { readonly signal: NodeJS.Signals } | { readonly command: readonly string[] };
