import type { CommitRule } from "./commit-rule.ts";
import type { Fork } from "./position.ts";

/**
 * Something that a service can be asked to do. At most one is under way per member; it is started, not
 * awaited, and how it went shows in the next look. Each may be asked for again after a failure or a
 * restart of the agent, whatever the last try left behind.
 */
export type ServiceAction =
  /** Make a new data directory (or prepare an existing one), to be started as a standby that receives nothing. */
  | { readonly do: "create" }
  /** Run as a standby that receives nothing. */
  | { readonly do: "start" }
  /** Receive from that member, the primary of `term`. `forks` is durable in the data directory before the first byte arrives. */
  | { readonly do: "follow"; readonly from: string; readonly term: number; readonly forks: readonly Fork[] }
  /** Receive nothing any more, durably, also after restarts, and find out the final position. */
  | { readonly do: "seal" }
  /** Become primary of `term` under `rule`, and write the term's first entry. */
  | {
      readonly do: "promote";
      readonly term: number;
      readonly forks: readonly Fork[];
      readonly rule: CommitRule;
    }
  /** Write the first entry of the term: the promotion did not get to it. */
  | { readonly do: "begin"; readonly term: number }
  /** Put `rule` in force in every process of a running primary. */
  | { readonly do: "set-rule"; readonly rule: CommitRule; readonly term: number }
  /** Get ready to stop quickly (write out what is dirty), while clients still work. */
  | { readonly do: "prepare-stop" }
  /** Stop so that the standbys receive everything (`clean`), or end every process for good (`kill`). Done when all are gone. */
  | { readonly do: "stop"; readonly how: "clean" | "kill"; readonly because: string }
  /** Save aside what only this copy has, then go back to where it left the history of that primary. A new incarnation. */
  | { readonly do: "rewind"; readonly from: string; readonly term: number; readonly forks: readonly Fork[] }
  /** Replace the data by a copy of that member's. A new incarnation. */
  | { readonly do: "clone"; readonly from: string; readonly term: number; readonly forks: readonly Fork[] };
