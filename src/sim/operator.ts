import { EventLog } from "../agent/event-log.ts";
import { askFor, type Known } from "../agent/operation.ts";
import type { Operation } from "../api/agent-port.ts";
import { Process, type Host } from "./host.ts";
import { SimStore } from "./store.ts";
import type { World } from "./world.ts";

/** Who asked, in the record. */
const BY = { by: "operator", because: "" } as const;

type Wish =
  | { readonly do: "switchover"; readonly to: string | null }
  | { readonly do: "failover"; readonly to: string | null; readonly acceptLoss: boolean }
  | { readonly do: "pause" }
  | { readonly do: "resume" }
  | { readonly do: "reinit"; readonly member: string };

/** A person who asks the group for something, by the production code. Refusals are fine. */
export class Operator {
  readonly #world: World;
  readonly #process: Process;
  readonly #store: SimStore;
  readonly #events: EventLog;

  constructor(world: World, host: Host) {
    this.#world = world;
    this.#process = new Process(host);
    this.#store = new SimStore(world.store, this.#process);
    this.#events = new EventLog(this.#store, this.#process.clock, "main", "operator", () => undefined);
  }

  ask(wish: Wish): void {
    void this.#ask({ group: "main", ...BY, ...wish }).catch((error: unknown) => this.#world.broke(error));
  }

  async #ask(operation: Operation): Promise<void> {
    const asked = { ...BY, id: `wish-${this.#world.newId()}`, at: "" };
    const agent = this.#world.nodes.find(({ loop }) => loop !== null)?.loop ?? null;
    if (agent === null) return this.#world.note("operator", `${operation.do}: no agent answers`);
    const reports = Object.fromEntries(
      this.#world.nodes.flatMap(({ name, loop }) => (loop === null ? [] : [[name, loop.report()] as const])),
    );
    const barred = this.#world.configured.members.filter(({ priority }) => priority === 0).map(({ member }) => member);
    const known: Known = { reports, barred, doubt: (record) => agent.doubtOf(record) };
    const result = await askFor(this.#store, operation, asked, known, this.#events);
    this.#world.note("operator", `${operation.do}: ${result.outcome}, ${result.text}`);
    if (result.outcome === "accepted") this.#world.mark(`an operator's ${operation.do} was accepted`);
  }
}
