import type { AgentPort, ClusterStatus, Operation, OperationResult } from "../api/agent-port.ts";
import type { GroupEvent } from "../core/event.ts";
import { Failure } from "../lib/failure.ts";

/** Answers for an agent that cannot begin yet, says why, and hands over to it once it can. */
export class Reception implements AgentPort {
  readonly node: string;
  readonly #waiting = new Set<() => void>();
  #agent: AgentPort | null = null;
  #because = "it has just started";

  constructor(node: string) {
    this.node = node;
  }

  /** Why it still waits: the second half of a sentence. */
  waits(because: string): void {
    this.#because = because;
  }

  handOver(agent: AgentPort): void {
    this.#agent = agent;
    for (const then of this.#waiting) {
      agent.onChange(then);
      then();
    }
  }

  status(): ClusterStatus {
    return this.#whoever().status();
  }

  async request(operation: Operation): Promise<OperationResult> {
    if (this.#agent === null) return { outcome: "unavailable", text: this.#text };
    return this.#agent.request(operation);
  }

  async events(group: string, limit: number): Promise<readonly GroupEvent[]> {
    return this.#whoever().events(group, limit);
  }

  onChange(then: () => void): () => void {
    if (this.#agent !== null) return this.#agent.onChange(then);
    this.#waiting.add(then);
    return () => this.#waiting.delete(then);
  }

  /** Throws a `Failure` while there is no agent to ask. */
  #whoever(): AgentPort {
    if (this.#agent === null) throw new Failure(this.#text);
    return this.#agent;
  }

  get #text(): string {
    return `The agent of "${this.node}" waits: ${this.#because}`;
  }
}
