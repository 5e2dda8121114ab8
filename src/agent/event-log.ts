import type { EventKind, GroupEvent } from "../core/event.ts";
import { keys } from "../core/keys.ts";
import type { Cancel, Clock } from "../lib/clock.ts";
import { Failure, messageOf, UnknownOutcome } from "../lib/failure.ts";
import type { Store } from "../store/store.ts";

/** Events wait that long, so that writing them never stands in the way of a takeover. */
const DELAY_MS = 300;
/** As many events are kept of each group. */
const KEPT = 1000;
/** After so many new ones the old ones are cleared away. */
const CLEAR_EVERY = 50;
/** More than that are not kept waiting for a store that does not answer. */
const WAITING_MOST = 500;

/** What an event says beyond what the log knows itself. */
export interface EventText {
  readonly term: number;
  readonly kind: EventKind;
  readonly rule: string;
  readonly because: string;
  readonly details?: GroupEvent["details"];
}

/** The story of one group as this node tells it, kept in the store for everybody. */
export class EventLog {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #group: string;
  readonly #node: string;
  readonly #log: (text: string) => void;
  #waiting: GroupEvent[] = [];
  #timer: Cancel | null = null;
  #sinceClearing = 0;
  #last = 0;
  #closed = false;

  constructor(store: Store, clock: Clock, group: string, node: string, log: (text: string) => void) {
    this.#store = store;
    this.#clock = clock;
    this.#group = group;
    this.#node = node;
    this.#log = log;
  }

  /** Notes what happened now; it is written a little later, together with what happens meanwhile. */
  tell(text: EventText): void {
    const atMs = this.#clock.wallMs();
    this.#last = Math.max(this.#last + 1, Math.floor(atMs * 1000));
    const id = `${String(this.#last).padStart(17, "0")}-${this.#node}`;
    this.#waiting.push({ id, atMs, group: this.#group, node: this.#node, details: {}, ...text });
    if (this.#waiting.length > WAITING_MOST) this.#waiting.shift();
    if (!this.#closed) this.#timer ??= this.#clock.after(DELAY_MS, () => void this.flush());
  }

  /** Writes what waits. An event whose writing failed is tried again; one with an unknown outcome is written again under the same key. */
  async flush(): Promise<void> {
    this.#timer?.();
    this.#timer = null;
    const events = this.#waiting;
    if (events.length === 0) return;
    this.#waiting = [];
    try {
      const write = events.map((event) => ({ key: keys.event(this.#group, event.id), value: JSON.stringify(event) }));
      await this.#store.transact({ expect: [], write });
      await this.#clearOld(events.length);
    } catch (error) {
      if (!(error instanceof Failure || error instanceof UnknownOutcome)) throw error;
      this.#waiting = [...events, ...this.#waiting].slice(-WAITING_MOST);
      if (error instanceof Failure) this.#log(`Events could not be written: ${messageOf(error)}`);
      if (!this.#closed) this.#timer ??= this.#clock.after(DELAY_MS * 5, () => void this.flush());
    }
  }

  /** Writes what waits, once, and then nothing any more. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.flush();
    this.#timer?.();
  }

  async #clearOld(more: number): Promise<void> {
    this.#sinceClearing += more;
    if (this.#sinceClearing < CLEAR_EVERY) return;
    this.#sinceClearing = 0;
    const entries = await this.#store.list(keys.events(this.#group));
    const old = entries.slice(0, Math.max(0, entries.length - KEPT));
    if (old.length > 0) await this.#store.transact({ expect: [], write: old.map(({ key }) => ({ key, value: null })) });
  }
}

/** The newest `limit` events of a group, oldest first. */
export async function readEvents(store: Store, group: string, limit: number): Promise<readonly GroupEvent[]> {
  const entries = await store.list(keys.events(group));
  return entries
    .slice(-limit)
    .flatMap((entry) => (entry.value === null ? [] : [JSON.parse(entry.value) as GroupEvent]));
}
