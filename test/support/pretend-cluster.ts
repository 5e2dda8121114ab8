import { readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { EventLog } from "../../src/agent/event-log.ts";
import { GroupAgent } from "../../src/agent/group-agent.ts";
import { Journal, type JournalLine } from "../../src/agent/journal.ts";
import { Seen } from "../../src/agent/seen.ts";
import { SessionKeeper } from "../../src/agent/session-keeper.ts";
import { systemClock } from "../../src/agent/system-clock.ts";
import type { GroupRecord } from "../../src/core/record.ts";
import type { Settings } from "../../src/core/view.ts";
import { MemoryGuardHost } from "../../src/guards/memory.ts";
import { MemoryData, MemoryStore } from "../../src/store/memory.ts";
import { PretendGroup, PretendService } from "./pretend-service.ts";
import { SETTINGS } from "./views.ts";

/** One agent of a {@link PretendCluster}. */
export interface PretendAgent {
  readonly loop: GroupAgent;
  readonly session: SessionKeeper;
  /** Ends the agent at once; nothing else is told. */
  crash(): Promise<void>;
}

/** Real agents, a pretended service, a store in memory. */
export class PretendCluster {
  readonly data = new MemoryData("store");
  readonly group = new PretendGroup(["a", "b", "c"]);
  readonly agents = new Map<string, PretendAgent>();
  readonly failures: unknown[] = [];
  readonly settings: Settings;
  readonly #guards = new Map<string, MemoryGuardHost>();
  #directory = "";
  #lives = 0;

  constructor(settings: Settings = SETTINGS) {
    this.settings = settings;
  }

  async start(): Promise<void> {
    this.#directory = await mkdtemp(join(tmpdir(), "understudy-agent-"));
    for (const member of this.group.servers.keys()) await this.boot(member);
  }

  /** A new life of a member's agent. */
  async boot(me: string): Promise<void> {
    const life = (this.#lives += 1);
    const store = new MemoryStore(this.data);
    const guards = this.#guards.get(me) ?? new MemoryGuardHost(systemClock, async () => this.group.kill(me));
    this.#guards.set(me, guards);
    const journal = await Journal.open(join(this.#directory, `${me}.jsonl`));
    const seen = await Seen.open(join(this.#directory, `${me}.seen`), false);
    const { timing } = this.settings;
    const events = new EventLog(store, systemClock, "main", me, () => undefined);
    let loop: GroupAgent | null = null;
    const session = new SessionKeeper({
      node: me,
      home: me,
      machine: "",
      version: "0",
      api: null,
      store,
      clock: systemClock,
      timing,
      newId: () => `${me}-session-${life}-${Math.random()}`,
      held: () => (loop?.isHolder ? ["main"] : []),
      reports: () => (loop === null ? {} : { main: loop.report() }),
      onChange: () => loop?.ring(),
      onStolen: (text) => this.failures.push(text),
      log: () => undefined,
    });
    loop = new GroupAgent({
      me,
      settings: this.settings,
      store,
      storeId: await store.identity(),
      service: new PretendService(this.group, me),
      guard: guards.open(),
      session,
      heartbeats: null,
      seen,
      journal,
      events,
      clock: systemClock,
      health: () => "up",
      checkNote: () => null,
      observer: null,
      changed: () => undefined,
      broken: (error) => this.failures.push(error),
    });
    await session.renew();
    loop.start();
    let crashed = false;
    const crash = async (): Promise<void> => {
      if (crashed) return;
      crashed = true;
      session.close();
      await loop.close();
      await events.close();
      await store.close();
      await journal.close();
      await seen.close();
    };
    this.agents.set(me, { loop, session, crash });
  }

  get record(): GroupRecord {
    const [entry] = this.data.read(["group/main"]);
    return JSON.parse(entry?.value ?? "null") as GroupRecord;
  }

  /** The member that serves, once it is open; waits up to `withinMs`. */
  async until(what: (record: GroupRecord) => boolean, withinMs = 5000): Promise<GroupRecord> {
    const endAtMs = performance.now() + withinMs;
    for (;;) {
      const record = this.record;
      if (record !== null && what(record)) return record;
      if (this.failures.length > 0) throw this.failures[0];
      if (performance.now() > endAtMs)
        throw new Error(`not within ${withinMs} ms: ${JSON.stringify(record)}\n${this.describe()}`);
      await new Promise((resolve) => setTimeout(resolve, 3));
    }
  }

  describe(): string {
    return [...this.agents]
      .map(([me, { loop }]) => `${me} ${loop.observed.service?.state}: ${loop.decision.rule}: ${loop.decision.because}`)
      .join("\n");
  }

  /** What a member's journal holds by now. */
  journaled(me: string): JournalLine[] {
    const text = readFileSync(join(this.#directory, `${me}.jsonl`), "utf8");
    return text
      .split("\n")
      .filter(Boolean)
      .map((line) => JSON.parse(line) as JournalLine);
  }

  async end(): Promise<void> {
    await Promise.all([...this.agents.values()].map((agent) => agent.crash()));
    await rm(this.#directory, { recursive: true, force: true });
  }
}
