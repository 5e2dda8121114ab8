/** What is said of a program that is kept available, however it is started. Defaults are filled in, paths absolute. */
export interface RunConfig {
  /** `cold`: it runs only where it is primary. `warm`: everywhere, and clients come to the primary alone. `hot`: standbys may have readers, too. */
  readonly standby: "cold" | "warm" | "hot";
  /** How a running standby becomes primary, and a primary a standby; `null`: it is ended and started anew in its role. */
  readonly promote: Tell | null;
  readonly demote: Tell | null;
  /** How long it may take to end when it is asked to. */
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
}

/** What a `process` service is: a command, which the agent starts. */
export interface ProcessConfig extends RunConfig {
  readonly kind: "process";
  /** The program and its words; `{host}`, `{port}`, `{member}` and `{group}` in them are replaced. */
  readonly command: readonly string[];
  /** How it is asked to end. */
  readonly stop: Tell;
  /** `null`: as whoever runs the agent. */
  readonly runAs: string | null;
}

/** What a `systemd` service is: a unit, which systemd starts and stops for the agent. */
export interface SystemdConfig extends RunConfig {
  readonly kind: "systemd";
  /** Its whole name, such as `app.service`. */
  readonly unit: string;
  /** Whose unit it is: the host's, or that of the user who runs the agent. */
  readonly scope: "system" | "user";
}

/** A way to tell a running process something. */
export type Tell = { readonly signal: NodeJS.Signals } | { readonly command: readonly string[] };
