import { Failure, UnknownOutcome } from "../lib/failure.ts";
import type { GroupRecord } from "../core/record.ts";
import type { SessionValue } from "../core/session.ts";
import { MemoryData } from "../store/memory.ts";
import type { Entry, Store, Transaction, TransactionResult } from "../store/store.ts";
import type { Process } from "./host.ts";
import type { World } from "./world.ts";

/** Where the store is, for the network. */
export const STORE = "store";

/** The deadline of each call, as the drivers have it. */
const DEADLINE_MS = 1000;

/** A bell that got lost rings when the next poll finds the change. */
const POLL_MS = 200;

/** So many changes of the record a store can go back. */
const PAST_KEPT = 10;

interface Past {
  readonly rev: number;
  readonly data: MemoryData;
}

/** The data of the store, and how well it serves. Linearizable, whatever happens. */
export class StoreServer {
  readonly world: World;
  data: MemoryData;
  /** The real one, when another one serves in its place. */
  readonly original: MemoryData;
  /** When another one was last in its place. */
  anotherUntilMs = -Infinity;
  /** Nobody answers: it has lost its leader, or all of its hosts. */
  isDown = false;
  /** Refuses at once; nothing is applied. */
  isRefusing = false;
  /** How long it takes at most, and at least, to hear and to say something. */
  slowMs = 0;
  leastMs = 0;
  /** The only host that finds it slow; `null`: all do. */
  slowFor: string | null = null;
  /** Of the transactions that are applied: their answers never arrive. */
  lostAnswers = 0;
  lostBells = 0;
  /** What it held after each of the last changes of the record, the newest last. */
  readonly #past: Past[] = [];

  constructor(world: World) {
    this.world = world;
    this.original = new MemoryData("store-1");
    this.data = this.original;
  }

  /** The record has become change `rev`. */
  keep(rev: number): void {
    if (this.data !== this.original) return;
    this.#past.push({ rev, data: this.data.copy() });
    if (this.#past.length > PAST_KEPT) this.#past.shift();
  }

  /** What it held at some change before `rev`; `how` (from 0 to 1) says how long before. `null`: nothing is known from then. */
  before(rev: number, how: number): MemoryData | null {
    const older = this.#past.filter((past) => past.rev < rev);
    return older[Math.floor(how * older.length)]?.data.copy() ?? null;
  }

  /** Handles a question as it arrives; `answer` is for the way back. */
  handle(from: string, question: () => void): void {
    if (this.isDown) return;
    this.world.timeline.after(0.1 + this.#lateMs(from), () => this.isDown || question());
  }

  /** Sends an answer: what is slow does not only come to it late, it also says late what it has done. */
  answer(to: string, send: () => void): void {
    const lateMs = this.#lateMs(to);
    if (lateMs === 0) send();
    else this.world.timeline.after(lateMs, send);
  }

  #lateMs(host: string): number {
    const isSlow = this.slowMs > 0 && (this.slowFor === null || this.slowFor === host);
    return isSlow ? this.world.random.store.between(this.leastMs, this.slowMs) / 2 : 0;
  }
}

/** What the question is called that asks for a change of the record; see `step-names.ts`. */
const CHANGE = "change of the record";

function recordIn({ write }: Transaction): GroupRecord | null {
  const value = write.find(({ key }) => key === "group/main")?.value ?? null;
  return value === null ? null : (JSON.parse(value) as GroupRecord);
}

/** The id of the session that is begun or renewed with it; `null`: none is. */
function sessionIn({ write }: Transaction): string | null {
  const value = write.find(({ key }) => key.startsWith("session/"))?.value ?? null;
  return value === null ? null : (JSON.parse(value) as SessionValue).id;
}

/** The store as one process sees it. */
export class SimStore implements Store {
  readonly #server: StoreServer;
  readonly #process: Process;
  readonly #stops = new Set<() => void>();
  #isClosed = false;

  constructor(server: StoreServer, process: Process) {
    this.#server = server;
    this.#process = process;
  }

  identity(): Promise<string> {
    return this.#ask("identity", () => this.#server.data.identity);
  }

  async read(keys: readonly string[]): Promise<readonly Entry[]> {
    const { clock, host } = this.#process;
    const sentAtMs = clock.nowMs();
    const entries = await this.#ask("read", () => this.#server.data.read(keys));
    this.#server.world.history.heard(host.name, entries, sentAtMs, clock.nowMs());
    return entries;
  }

  list(prefix: string): Promise<readonly Entry[]> {
    return this.#ask("list", () => this.#server.data.list(prefix));
  }

  async transact(transaction: Transaction): Promise<TransactionResult> {
    const { clock, host } = this.#process;
    const { history } = this.#server.world;
    const sentAtMs = clock.nowMs();
    const session = sessionIn(transaction);
    const record = recordIn(transaction);
    if (session !== null) history.renews(host.name, session, sentAtMs);
    const change = record === null ? 0 : this.#server.world.newId();
    if (record !== null) history.changes(host.name, change);
    const answer = await this.#ask(record === null ? "transact" : CHANGE, () => {
      const result = this.#server.data.transact(transaction);
      if (result.applied && record !== null) this.#server.world.recordMayHaveChanged();
      return result;
    }).catch((error: unknown) => {
      if (!(error instanceof UnknownOutcome)) history.hasChanged(host.name, change, false);
      throw error;
    });
    if (session !== null && answer.applied) history.renewed(host.name, session, sentAtMs);
    if (record !== null) history.hasChanged(host.name, change, answer.applied);
    if (record !== null && answer.applied) history.wrote(host.name, record.rev);
    return answer;
  }

  watch(prefix: string, then: () => void): () => void {
    let isWatching = true;
    const { world } = this.#server;
    const ring = (): void => this.#process.enter(() => isWatching && then());
    const forget = this.#server.data.onChange((keys) => {
      if (!keys.some((key) => key.startsWith(prefix))) return;
      const isLost = world.random.store.chance(this.#server.lostBells);
      const lateMs = isLost ? world.random.store.between(POLL_MS, 3 * POLL_MS) : 0;
      world.timeline.after(lateMs, () => world.network.send(STORE, this.#process.host.name, ring));
      if (world.random.store.chance(this.#server.lostBells / 4))
        world.timeline.after(world.random.store.between(0, 1000), ring);
    });
    const stop = (): void => {
      isWatching = false;
      forget();
      this.#stops.delete(stop);
    };
    this.#stops.add(stop);
    return stop;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    for (const stop of this.#stops) stop();
  }

  #ask<T>(what: string, question: () => T): Promise<T> {
    const server = this.#server;
    const { world } = server;
    const process = this.#process;
    const here = process.host.name;
    return new Promise<T>((resolve, reject) => {
      if (this.#isClosed) return reject(new Failure("The store was closed"));
      if (!world.step(process, `store ${what}: ask`)) return;
      if (server.isRefusing) return reject(new Failure("The store refuses connections"));
      const isTransaction = what === "transact" || what === CHANGE;
      const cancel = process.clock.after(DEADLINE_MS, () =>
        reject(
          isTransaction ? new UnknownOutcome("The store did not answer") : new Failure("The store did not answer"),
        ),
      );
      const receive = (answer: T): void => {
        if (!world.step(process, `store ${what}: answer`)) return;
        cancel();
        resolve(answer);
      };
      const { data } = server;
      world.network.carry(here, STORE, () =>
        server.handle(here, () => {
          // What was on its way to another store ends with the connections to it.
          if (server.data !== data) return;
          const answer = question();
          if (isTransaction && world.random.store.chance(server.lostAnswers))
            return world.mark("an answer of the store got lost");
          server.answer(here, () => world.network.carry(STORE, here, () => process.enter(() => receive(answer))));
        }),
      );
    });
  }
}
