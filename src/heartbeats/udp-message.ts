import type { Address } from "../config/config.ts";
import type { Heard } from "../core/heard.ts";
import type { Promised } from "../core/promise.ts";
import type { Timing } from "../core/timing.ts";
import type { Dropped } from "./heartbeats.ts";

/** What the thread is told when it begins. The key goes this way and no other: it stands in no argument, variable or log. */
export interface Beginning {
  readonly cluster: string;
  readonly me: string;
  readonly own: Address;
  /** The other nodes, by their names. */
  readonly peers: Readonly<Record<string, Address>>;
  readonly key: Uint8Array;
  readonly timing: Timing;
  /** One number: when the agent last gave a sign of life, in microseconds of the host's clock. */
  readonly sign: SharedArrayBuffer;
}

export type Order =
  | { readonly say: string }
  | { readonly ask: string; readonly term: number | null }
  | { readonly promise: Promised }
  | { readonly close: true };

/** What the thread tells: at once when `hasChanged`, else every now and then. */
export interface Report {
  readonly heard: Readonly<Record<string, Heard>>;
  readonly dropped: Readonly<Record<Dropped, number>>;
  readonly problem: string | null;
  readonly hasChanged: boolean;
}
