import type { Switchover } from "../core/record.ts";

/** What a route is told of its group: what the store said last. */
export interface RouteView {
  readonly group: string;
  /** Whether the store has answered within the last lease. If not, all else is old, and there may be another primary by now. */
  readonly isFresh: boolean;
  /**
   * Whether every commit rule waits for a standby. Then a former primary can acknowledge nothing, and whoever goes by old knowledge
   * is told of no write that gets lost: so clients are let in to it while the store does not answer, and its guard ends it if it has lost its term.
   */
  readonly needsStandbys: boolean;
  /**
   * Whether a member runs only as long as it is primary, and is ended by its guard before another one is. Then a connection of this term that
   * still stands shows that the term is not over.
   */
  readonly isCold: boolean;
  readonly term: number;
  /** The member that the record names; `null`: nobody. */
  readonly primary: string | null;
  /** Whether the primary may have clients. */
  readonly open: boolean;
  /** How far a planned change of the primary has come; `null`: none is under way. */
  readonly switchover: Switchover["phase"] | null;
  /** Standbys that new clients may read from, sorted. */
  readonly readers: readonly string[];
  /** Standbys whose clients may stay: the readers, and those that were one less than a lease ago. */
  readonly tolerated: readonly string[];
}

/** Before the store has been read. */
export function unknownView(group: string): RouteView {
  return {
    group,
    isFresh: false,
    needsStandbys: false,
    isCold: false,
    term: 0,
    primary: null,
    open: false,
    switchover: null,
    readers: [],
    tolerated: [],
  };
}

/**
 * How clients get to the members of a group. A route never decides: it follows the record, and lets no
 * client stay with a primary that the record no longer names.
 */
export interface Route {
  /** The word that `status` shows. */
  readonly kind: string;
  readonly name: string;

  /**
   * Acts by `view` at once: before it returns, or, where another program does what it says, as soon as that one has been told. Of
   * several views that come meanwhile the last one counts. Called with every change.
   */
  follow(view: RouteView): void;

  /**
   * Lets nobody in any more, gives work under way `drainMs` to end, cuts the rest; resolves once all is closed. `hasSuccessor`: another
   * process has taken over, so whoever has nothing under way may take as long to notice.
   */
  close(drainMs: number, hasSuccessor?: boolean): Promise<void>;
}
