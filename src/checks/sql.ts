import { Socket } from "node:net";
import { Client } from "pg";
import type { Address } from "../config/config.ts";
import type { Clock } from "../lib/clock.ts";
import { messageOf } from "../lib/failure.ts";
import type { Check } from "./check.ts";

/** As whom and where the check asks. */
export interface SqlTarget {
  readonly address: Address;
  readonly database: string;
  readonly user: string;
  readonly password: string;
}

/**
 * Whether `query` is answered, as the application would ask it. The connection is kept while it works and
 * made anew after anything went wrong, so that a check costs the server next to nothing.
 */
export function sqlCheck(target: SqlTarget, query: string, clock: Clock): Check {
  let kept: Asker | null = null;
  return {
    async run(deadlineMs) {
      const startedMs = clock.nowMs();
      const asker = kept ?? new Asker(target, deadlineMs);
      kept = asker;
      const cancel = clock.after(deadlineMs, () => asker.cut(`no answer in ${deadlineMs} ms`));
      try {
        await asker.ask(query);
        return { ok: true, text: "answered", tookMs: clock.nowMs() - startedMs };
      } catch (error) {
        asker.cut("the check failed");
        kept = null;
        return { ok: false, text: asker.cutBecause(messageOf(error)), tookMs: clock.nowMs() - startedMs };
      } finally {
        cancel();
        if (asker.isCut) kept = null;
      }
    },
    close: () => kept?.cut("the check was ended"),
  };
}

/** One connection, which can be cut at any moment. */
class Asker {
  readonly #socket = new Socket();
  readonly #client: Client;
  #connected: Promise<unknown> | null = null;
  #cutBecause: string | null = null;

  constructor({ address, database, user, password }: SqlTarget, statementMs: number) {
    this.#client = new Client({
      ...address,
      database,
      user,
      password,
      ssl: false,
      statement_timeout: statementMs,
      application_name: "understudy check",
      stream: () => this.#socket,
    });
    this.#client.on("error", (error) => this.cut(error.message));
  }

  get isCut(): boolean {
    return this.#cutBecause !== null;
  }

  async ask(query: string): Promise<void> {
    this.#connected ??= this.#client.connect();
    await this.#connected;
    await this.#client.query(query);
  }

  /** Ends the connection now; whoever waits for it gets an error. */
  cut(because: string): void {
    this.#cutBecause ??= because;
    this.#socket.destroy();
  }

  /** Why it was cut, if it was for something better known than `error`. */
  cutBecause(error: string): string {
    return this.#cutBecause === null || this.#cutBecause === "the check failed" ? error : this.#cutBecause;
  }
}
