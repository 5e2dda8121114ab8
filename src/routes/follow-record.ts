import { keys } from "../core/keys.ts";
import type { GroupRecord } from "../core/record.ts";
import type { SessionValue } from "../core/session.ts";
import type { Cancel, Clock } from "../lib/clock.ts";
import { messageOf } from "../lib/failure.ts";
import type { Store } from "../store/store.ts";
import { ReaderList } from "./reader-list.ts";
import { unknownView, type RouteView } from "./route.ts";

export interface FollowOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly group: string;
  /** The nodes whose sessions tell about the group's standbys. */
  readonly members: readonly string[];
  readonly leaseMs: number;
  /** See {@link RouteView.isCold}; left out: no. */
  readonly isCold?: boolean;
  /** Called with each view that differs from the one before. */
  readonly tell: (view: RouteView) => void;
  readonly log: (text: string) => void;
}

/**
 * Reads the group's record and its members' sessions whenever the store rings, and regularly; tells what
 * they mean to a route. While the store does not answer the last view stays, and after a lease it is no
 * longer fresh. Returns how to stop.
 */
export function followRecord(options: FollowOptions): Cancel {
  const follower = new RecordFollower(options);
  const unwatch = [keys.group(options.group), keys.sessions].map((prefix) =>
    options.store.watch(prefix, () => follower.look()),
  );
  follower.look();
  return () => {
    for (const stop of unwatch) stop();
    follower.stop();
  };
}

class RecordFollower {
  readonly #options: FollowOptions;
  readonly #readers: ReaderList;
  #view: RouteView;
  /** The view as text: it is compared with each that follows. */
  #told: string;
  #newest: GroupRecord | null = null;
  #isReading = false;
  #rangMeanwhile = false;
  #isStopped = false;
  #problem = "";
  #nextLook: Cancel = () => undefined;
  #staleness: Cancel = () => undefined;

  constructor(options: FollowOptions) {
    this.#options = options;
    this.#readers = new ReaderList(options.leaseMs);
    this.#view = unknownView(options.group);
    this.#told = JSON.stringify(this.#view);
  }

  /** Reads now, or once more when the reading under way is done. */
  look(): void {
    this.#rangMeanwhile = true;
    if (!this.#isReading) void this.#readWhileItRings();
  }

  stop(): void {
    this.#isStopped = true;
    this.#nextLook();
    this.#staleness();
  }

  async #readWhileItRings(): Promise<void> {
    this.#isReading = true;
    this.#nextLook();
    while (this.#rangMeanwhile && !this.#isStopped) {
      this.#rangMeanwhile = false;
      await this.#read();
    }
    this.#isReading = false;
    if (!this.#isStopped) this.#nextLook = this.#options.clock.after(this.#options.leaseMs / 4, () => this.look());
  }

  async #read(): Promise<void> {
    const { store, clock, group, members } = this.#options;
    const sentAtMs = clock.nowMs();
    try {
      const [record, ...sessions] = await store.read([keys.group(group), ...members.map(keys.session)]);
      if (!this.#isStopped) this.#understand(toRecord(record?.value ?? null), sessions.map(toSession), sentAtMs);
    } catch (error) {
      this.#report(`cannot read the store: ${messageOf(error)}; going on with what it said last`);
    }
  }

  #understand(record: GroupRecord | null, sessions: readonly (SessionValue | null)[], sentAtMs: number): void {
    if (this.#newest !== null && (record === null || isOlder(record, this.#newest))) {
      return this.#report(
        `the record of "${this.#options.group}" is older than one seen before (term ${this.#newest.term}): not followed`,
      );
    }
    this.#report("");
    this.#newest = record;
    const { readers, tolerated } = this.#readers.note(this.#options.group, record?.primary ?? null, sessions, sentAtMs);
    const freshUntilMs = sentAtMs + this.#options.leaseMs;
    this.#becomeStaleAt(freshUntilMs);
    this.#tell({
      group: this.#options.group,
      // An answer that was a lease on its way, or waited so long in a process that was stopped, is old when it comes.
      isFresh: this.#options.clock.nowMs() < freshUntilMs,
      needsStandbys: record?.commit.every(({ need }) => need > 0) ?? false,
      isCold: this.#options.isCold ?? false,
      term: record?.term ?? 0,
      primary: record?.primary ?? null,
      open: record?.open ?? false,
      switchover: record?.switchover?.phase ?? null,
      readers,
      tolerated,
    });
  }

  #becomeStaleAt(atMs: number): void {
    const { clock } = this.#options;
    this.#staleness();
    const leftMs = Math.max(0, atMs - clock.nowMs());
    this.#staleness = clock.after(leftMs, () => this.#tell({ ...this.#view, isFresh: false }));
  }

  #tell(view: RouteView): void {
    const text = JSON.stringify(view);
    if (text === this.#told) return;
    this.#told = text;
    this.#view = view;
    this.#options.tell(view);
  }

  /** Each problem once, and its end. */
  #report(problem: string): void {
    if (problem === this.#problem) return;
    this.#options.log(problem === "" ? "the store answers again" : problem);
    this.#problem = problem;
  }
}

function toRecord(text: string | null): GroupRecord | null {
  return text === null ? null : (JSON.parse(text) as GroupRecord);
}

function toSession({ value }: { readonly value: string | null }): SessionValue | null {
  return value === null ? null : (JSON.parse(value) as SessionValue);
}

function isOlder(record: GroupRecord, than: GroupRecord): boolean {
  return record.term < than.term || (record.term === than.term && record.rev < than.rev);
}
