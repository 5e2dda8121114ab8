import type { Alarm } from "../core/alarm.ts";
import { keys } from "../core/keys.ts";
import type { SessionRead, StoreRead } from "../core/observation.ts";
import type { GroupRecord } from "../core/record.ts";
import type { SessionValue } from "../core/session.ts";
import type { Clock } from "../lib/clock.ts";
import { Failure, messageOf } from "../lib/failure.ts";
import type { Entry, Store } from "../store/store.ts";

/** Reads a group's record together with its members' sessions, one read at a time. */
export class RecordReader {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #group: string;
  readonly #configured: readonly string[];
  /** The configured members, and those of the record that another configuration has brought. */
  #nodes: readonly string[];
  #pending: Promise<StoreRead | null> | null = null;
  #problem: string | null = null;

  constructor(store: Store, clock: Clock, group: string, nodes: readonly string[]) {
    this.#store = store;
    this.#clock = clock;
    this.#group = group;
    this.#configured = nodes;
    this.#nodes = nodes;
  }

  /** Why the last read failed; `null` when it did not. */
  get problem(): string | null {
    return this.#problem;
  }

  /**
   * What the store says, in a read begun by this call; `null` when it did not answer within `patienceMs`. A read that
   * was still under way from an earlier call does not count: it may be older than what is asked.
   */
  async read(patienceMs: number): Promise<StoreRead | null> {
    // It was waited for already: while the store is away beats do not stand still.
    if (this.#pending !== null) return null;
    this.#pending = this.#readNow().finally(() => (this.#pending = null));
    return this.#patiently(this.#pending, patienceMs);
  }

  async #readNow(): Promise<StoreRead | null> {
    const sentAtMs = this.#clock.nowMs();
    const asked = [keys.group(this.#group), keys.alarm(this.#group), ...this.#nodes.map(keys.session)];
    try {
      const [group, alarm, ...sessions] = await this.#store.read(asked);
      this.#problem = null;
      const record = parsedRecord(group);
      const nodes = this.#nodes;
      this.#nodes = [...new Set([...this.#configured, ...(record?.members ?? [])])];
      return {
        record,
        revision: group?.revision ?? 0,
        sessions: sessionsOf(nodes, sessions),
        alarm: alarm?.value == null ? null : (JSON.parse(alarm.value) as Alarm),
        sentAtMs,
        answeredAtMs: this.#clock.nowMs(),
      };
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      this.#problem = messageOf(error);
      return null;
    }
  }

  #patiently(read: Promise<StoreRead | null>, patienceMs: number): Promise<StoreRead | null> {
    return new Promise((resolve, reject) => {
      const cancel = this.#clock.after(patienceMs, () => resolve(null));
      void read.then(resolve, reject).finally(cancel);
    });
  }
}

function sessionsOf(nodes: readonly string[], entries: readonly Entry[]): Record<string, SessionRead> {
  const sessions: Record<string, SessionRead> = {};
  for (const [i, node] of nodes.entries()) {
    const entry = entries[i];
    const value = entry?.value == null ? null : (JSON.parse(entry.value) as SessionValue);
    sessions[node] = { revision: entry?.revision ?? 0, value };
  }
  return sessions;
}

/** The record, if this version of the program can read it. */
export function parsedRecord(entry: Entry | undefined): GroupRecord | null {
  if (entry?.value == null) return null;
  const record = JSON.parse(entry.value) as GroupRecord;
  if (record.format !== 1)
    throw new Failure(
      `The record "${entry.key}" has format ${String(record.format)}; this version reads format 1. Upgrade this agent`,
    );
  return record;
}
