import type { Metric } from "../checks/check.ts";
import type { AgentPort, ClusterStatus, Operation, OperationResult } from "../api/agent-port.ts";
import type { Config, GroupConfig } from "../config/config.ts";
import type { GroupEvent } from "../core/event.ts";
import type { Settings } from "../core/view.ts";
import type { Clock } from "../lib/clock.ts";
import type { Heartbeats } from "../heartbeats/heartbeats.ts";
import { Failure } from "../lib/failure.ts";
import type { Store } from "../store/store.ts";
import { readEvents, type EventLog } from "./event-log.ts";
import type { GroupAgent } from "./group-agent.ts";
import { askFor, type Known } from "./operation.ts";
import type { SessionKeeper } from "./session-keeper.ts";
import { clusterStatus, reportsOf, type GroupFacts } from "./status.ts";

/** One group of this node: its configuration, its loop and its story. */
export interface Part {
  readonly config: GroupConfig;
  readonly settings: Settings;
  readonly agent: GroupAgent;
  readonly events: EventLog;
  /** The figures that came with the last answers to this node's checks. */
  readonly figures: () => readonly Metric[];
  readonly close: () => Promise<void>;
}

/** What an agent is put together from; see `main.ts`. */
export interface AgentParts {
  readonly config: Config;
  readonly node: string;
  readonly version: string;
  readonly store: Store;
  readonly session: SessionKeeper;
  readonly heartbeats: Heartbeats | null;
  readonly guard: ClusterStatus["guard"];
  readonly clock: Clock;
  readonly newId: () => string;
}

/** The agent of one node, as its API and its signals see it. */
export class Agent implements AgentPort {
  readonly #parts: AgentParts;
  readonly #groups = new Map<string, Part>();
  readonly #listeners = new Set<() => void>();
  #closed = false;

  constructor(parts: AgentParts) {
    this.#parts = parts;
  }

  get node(): string {
    return this.#parts.node;
  }

  /** Takes a group's loop in and starts it; an agent that is closed closes it. */
  add(part: Part): void {
    if (this.#closed) return void part.close();
    this.#groups.set(part.config.group, part);
    part.agent.start();
  }

  /** The loops of this node's groups. */
  get loops(): readonly GroupAgent[] {
    return [...this.#groups.values()].map((part) => part.agent);
  }

  /** Tells whoever listens that the status may have changed. */
  changed(): void {
    for (const then of this.#listeners) then();
  }

  onChange(then: () => void): () => void {
    this.#listeners.add(then);
    return () => this.#listeners.delete(then);
  }

  status(): ClusterStatus {
    const { config, node, version, session, heartbeats, guard } = this.#parts;
    const problem =
      session.problem ??
      [...this.#groups.values()].map((part) => part.agent.storeProblem).find((text) => text !== null) ??
      null;
    return clusterStatus(
      {
        cluster: config.cluster,
        node,
        version,
        session: session.id,
        store: { kind: config.store.kind, reachable: problem === null, problem },
        leaseMs: config.takeover.leaseMs,
        guard,
        heartbeats: heartbeats === null ? null : { problem: heartbeats.problem, dropped: heartbeats.dropped },
      },
      [...this.#groups.values()].map((part) => this.#facts(part)),
    );
  }

  async request(operation: Operation): Promise<OperationResult> {
    const part = this.#groups.get(operation.group);
    if (part === undefined) {
      return {
        outcome: "unknown-name",
        text: `There is no group "${operation.group}" on this node; there is ${[...this.#groups.keys()].join(", ")}`,
      };
    }
    const { store, newId, clock } = this.#parts;
    const at = new Date(clock.wallMs()).toISOString();
    const known: Known = {
      reports: reportsOf(this.#facts(part)),
      barred: barredOf(part.settings),
      doubt: (record) => part.agent.doubtOf(record),
    };
    const asked = { by: operation.by, because: operation.because, id: newId(), at };
    return askFor(store, operation, asked, known, part.events);
  }

  async events(group: string, limit: number): Promise<readonly GroupEvent[]> {
    await this.#groups.get(group)?.events.flush();
    return readEvents(this.#parts.store, group, limit);
  }

  /** Stops all services of this node, gives their terms up, and ends. Rejects with a `Failure` when some would not stop. */
  async leave(withinMs: number): Promise<void> {
    const left = await Promise.all([...this.#groups.values()].map((part) => part.agent.leave(withinMs)));
    await this.close();
    if (left.includes(false))
      throw new Failure(
        `Some services of "${this.node}" did not stop within ${withinMs} ms; the guard ends them when the lease runs out`,
      );
  }

  /** Ends the agent alone; its services go on until their guard's deadline. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#parts.session.close();
    for (const part of this.#groups.values()) {
      await part.agent.close();
      await part.events.close();
      await part.close();
    }
  }

  #facts(part: Part): GroupFacts {
    const { agent, config, settings } = part;
    const { observed, decision } = agent;
    return {
      me: this.node,
      config,
      settings,
      observed,
      decision,
      mine: agent.report(),
      figures: part.figures(),
      heard: this.#parts.heartbeats?.heard ?? null,
      nowMs: this.#parts.clock.nowMs(),
    };
  }
}

/** The members that never become primary. */
function barredOf(settings: Settings): readonly string[] {
  return settings.members.filter(({ priority }) => priority === 0).map(({ member }) => member);
}
