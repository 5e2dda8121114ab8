import { keys } from "../core/keys.ts";
import { isOverdue, mayRenew, prolonged } from "../core/lease.ts";
import type { GroupRecord } from "../core/record.ts";
import type { MemberReport, SessionValue } from "../core/session.ts";
import type { Timing } from "../core/timing.ts";
import type { Cancel, Clock } from "../lib/clock.ts";
import { Failure, messageOf, UnknownOutcome } from "../lib/failure.ts";
import type { Entry, Store } from "../store/store.ts";

/** What a session needs of the agent around it. */
export interface SessionContext {
  readonly node: string;
  /** Which installation this is (host and directory): another one with the same name must not be pushed aside. */
  readonly home: string;
  /** Which run of the machine this is: a copy of it must not push the original aside. */
  readonly machine: string;
  readonly version: string;
  readonly api: string | null;
  readonly store: Store;
  readonly clock: Clock;
  readonly timing: Timing;
  readonly newId: () => string;
  /** The groups whose record names this node, as last read. */
  readonly held: () => readonly string[];
  readonly reports: () => Readonly<Record<string, MemberReport>>;
  /** The lease moved, or a new session began. */
  readonly onChange: () => void;
  /** Another agent uses this node's name; ours must end. */
  readonly onStolen: (text: string) => void;
  readonly log: (text: string) => void;
}

/**
 * Keeps this agent's session: one key, rewritten every third of the lease, from which everybody sees that
 * the agent lives, and from which it knows itself until when it may act.
 *
 * A lapsed session is never renewed: a new id begins another one (rule 1).
 */
export class SessionKeeper {
  readonly #context: SessionContext;
  #id: string;
  #sequence = 0;
  #endsAtMs = 0;
  #begun = false;
  #closed = false;
  #timer: Cancel = () => undefined;
  #renewing: Promise<void> | null = null;
  #foreign: { revision: number; sinceMs: number } | null = null;
  #problem: string | null = null;

  constructor(context: SessionContext) {
    this.#context = context;
    this.#id = context.newId();
  }

  get id(): string {
    return this.#id;
  }

  /** Until when the agent may act: compared with the clock at every use, never remembered as a yes. 0: not at all. */
  get endsAtMs(): number {
    return this.#endsAtMs;
  }

  /** Whether the store has let a renewal wait for longer than it ever does when all is well. */
  get isOverdue(): boolean {
    const { clock, timing } = this.#context;
    return isOverdue(this.#endsAtMs, clock.nowMs(), timing);
  }

  /** Why the store did not renew it last; `null` when it did. */
  get problem(): string | null {
    return this.#problem;
  }

  /** Renews now and from now on; harmless while a renewal is under way. */
  async renew(): Promise<void> {
    if (this.#closed) return;
    this.#renewing ??= this.#renewOnce().finally(() => (this.#renewing = null));
    await this.#renewing;
  }

  close(): void {
    this.#closed = true;
    this.#timer();
  }

  async #renewOnce(): Promise<void> {
    this.#timer();
    this.#beginAnewIfLapsed();
    const { clock, timing, log } = this.#context;
    let againInMs = timing.renewMs;
    try {
      if (!(await this.#tryRenewal())) againInMs = 5;
      else this.#problem = null;
    } catch (error) {
      if (!(error instanceof Failure || error instanceof UnknownOutcome)) throw error;
      if (this.#problem !== error.message) log(`The session could not be renewed: ${error.message}`);
      this.#problem = messageOf(error);
      againInMs = timing.renewMs / 4;
    }
    if (!this.#closed) this.#timer = clock.after(againInMs, () => void this.renew());
  }

  /** A session that ran out while nobody looked (a stopped process, a stalled disk) is over for good. */
  #beginAnewIfLapsed(): void {
    if (!this.#begun || mayRenew(this.#endsAtMs, this.#context.clock.nowMs())) return;
    this.#id = this.#context.newId();
    this.#begun = false;
    this.#endsAtMs = 0;
    this.#context.log("The session had lapsed; a new one begins");
    this.#context.onChange();
  }

  /** One compare-and-set on the session's key, which holds only if no held record changed either. `false`: try again at once. */
  async #tryRenewal(): Promise<boolean> {
    const { store, node, clock, timing, held } = this.#context;
    const groups = held().map(keys.group);
    const [own, ...records] = await store.read([keys.session(node), ...groups]);
    if (own === undefined || !this.#mayWrite(own)) return false;
    // A term that is lost is not prolonged: until the loop has seen that too, nothing is.
    if (records.some((entry) => this.#namesAnother(entry))) {
      this.#context.onChange();
      return false;
    }
    const kept = records.filter((entry) => this.#namesMe(entry));
    const sentAtMs = clock.nowMs();
    if (this.#begun && !mayRenew(this.#endsAtMs, sentAtMs)) return false;
    const id = this.#id;
    const result = await store.transact({
      expect: [own, ...kept].map(({ key, revision }) => ({ key, revision })),
      write: [{ key: keys.session(node), value: JSON.stringify(this.#value()) }],
    });
    if (!result.applied || id !== this.#id) return false;
    this.#begun = true;
    this.#endsAtMs = prolonged(this.#endsAtMs, sentAtMs, timing);
    this.#context.onChange();
    return true;
  }

  /** Whether the key may be rewritten by this agent: it is ours, or an earlier life's of this installation, or long silent. */
  #mayWrite(own: Entry): boolean {
    const { home, machine, node, clock, timing, onStolen } = this.#context;
    if (own.value === null) return true;
    const value = JSON.parse(own.value) as SessionValue;
    if (value.id === this.#id) return true;
    const text = `Another agent calls itself "${node}" (on ${value.home}${value.home === home ? ", of a copy of this machine" : ""}). Each node needs a name of its own; this agent ends`;
    if (this.#begun) {
      onStolen(text);
      return false;
    }
    if (value.home === home && (value.machine === undefined || value.machine === machine)) return true;
    if (this.#foreign?.revision !== own.revision) {
      if (this.#foreign !== null) onStolen(text);
      this.#foreign = { revision: own.revision, sinceMs: clock.nowMs() };
    }
    if (clock.nowMs() - this.#foreign.sinceMs >= timing.leaseMs + timing.marginMs) return true;
    throw new Failure(`the name "${node}" was last used by an agent on ${value.home}; waiting to see whether it lives`);
  }

  #namesAnother(entry: Entry): boolean {
    if (entry.value === null) return false;
    const { primary } = JSON.parse(entry.value) as GroupRecord;
    return primary !== null && primary !== this.#context.node;
  }

  #namesMe(entry: Entry): boolean {
    if (entry.value === null) return false;
    const record = JSON.parse(entry.value) as GroupRecord;
    return record.primary === this.#context.node && record.session === this.#id;
  }

  #value(): SessionValue {
    const { node, home, machine, version, api, reports } = this.#context;
    this.#sequence += 1;
    return { format: 1, id: this.#id, node, home, machine, seq: this.#sequence, version, api, members: reports() };
  }
}
