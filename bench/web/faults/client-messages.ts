import type { Address } from "../../../src/config/config.ts";

export interface ClientSettings {
  readonly target: Address;
  readonly perSecond: number;
  readonly keepAlive: boolean;
}

/** What the bench asks of the client's process. Instants are on the host's monotonic clock, which both share. */
export type ClientRequest =
  | { readonly do: "start"; readonly settings: ClientSettings }
  | { readonly do: "stop"; readonly fromMs: number };

/** What a client saw of one fault. */
export interface ClientSeen {
  readonly requests: number;
  /** Before the fault, which is none of its business. */
  readonly failedBefore: number;
  /** Of those that may be repeated. */
  readonly failed: number;
  /** Of those that may not. */
  readonly failedPosts: number;
  /** The longest time without any good answer. */
  readonly gapMs: number;
  /** How often what was seen instead of a good answer. */
  readonly reasons: Readonly<Record<string, number>>;
}

export type ClientReplies = {
  readonly start: null;
  readonly stop: ClientSeen;
};
