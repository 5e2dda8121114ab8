import { systemClock } from "../../src/agent/system-clock.ts";
import { messageOf } from "../../src/lib/failure.ts";
import { Connection, type Target } from "../../src/quickstart/client/connection.ts";

/** As long as a connection may be held. A refused one fails at once. */
const HELD_AT_MOST_MS = 15_000;

/**
 * A client with no open transaction and no query under way: it has asked once and sits there. Whenever its
 * connection ends it reconnects at once, and that must be held until there is a primary, never refused.
 */
export class IdleClient {
  /** Reconnections that did not lead to a primary, with the reason of each. */
  readonly refusals: string[] = [];
  /** How long each reconnection took, milliseconds. */
  readonly heldMs: number[] = [];
  #ended = false;
  #connection: Connection | null = null;
  readonly #life: Promise<void>;

  constructor(target: Target) {
    this.#life = this.#live(target);
  }

  async stop(): Promise<void> {
    this.#ended = true;
    this.#connection?.close();
    await this.#life;
  }

  async #live(target: Target): Promise<void> {
    while (!this.#ended) {
      const beganMs = systemClock.nowMs();
      try {
        this.#connection = await Connection.open(target, "idle client", HELD_AT_MOST_MS);
        const answer = await this.#connection.query("SELECT pg_is_in_recovery() AS standby", []);
        if (answer.rows[0]?.standby !== false) this.refusals.push("was let in to a standby");
        this.heldMs.push(systemClock.nowMs() - beganMs);
        await this.#connection.whenLost;
      } catch (error) {
        this.#connection?.cut();
        if (!this.#ended) this.refusals.push(messageOf(error));
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    }
  }
}
