import { Socket } from "node:net";
import { Client, type QueryResult } from "pg";
import { UnknownOutcome } from "../../lib/failure.ts";

/** How to reach a database. The password is never printed. */
export interface Target {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly database: string;
  readonly password: string;
}

/** No wait of the client is longer: not for a connection, not for an answer. */
export const DEADLINE_MS = 1000;

/**
 * One connection on which every wait has a deadline: behind it the connection is cut, whatever the server
 * does (a stopped one does nothing at all), and nobody knows what became of the statement.
 */
export class Connection {
  readonly #client: Client;
  readonly #socket = new Socket();
  readonly #end = Promise.withResolvers<void>();
  #warnings = 0;
  #lost = false;

  private constructor(target: Target, name: string) {
    this.#client = new Client({
      ...target,
      application_name: name,
      ssl: false,
      stream: () => this.#socket,
    });
    this.#client.on("error", () => (this.#lost = true));
    this.#client.on("end", () => (this.#lost = true));
    this.#socket.on("close", () => this.#end.resolve());
    this.#client.on("notice", (notice) => {
      if (notice.code === "01000") this.#warnings += 1;
    });
  }

  /** Connects within `deadlineMs`, or rejects and leaves nothing behind. */
  static async open(target: Target, name: string, deadlineMs: number = DEADLINE_MS): Promise<Connection> {
    const connection = new Connection(target, name);
    connection.#socket.setNoDelay(true);
    await connection.#within(connection.#client.connect(), "connecting", deadlineMs);
    return connection;
  }

  /** Whether the connection has ended, by whomever. */
  get isLost(): boolean {
    return this.#lost || this.#socket.destroyed;
  }

  /** Resolves once the connection has ended, by whomever. */
  get whenLost(): Promise<void> {
    return this.#end.promise;
  }

  /** How many warnings of class 01000 the server has sent: a commit that comes with one is not known to be safe. */
  get warnings(): number {
    return this.#warnings;
  }

  /** Sends `text` (several statements when there are no `values`) and waits for its last answer. */
  async query(text: string, values?: readonly unknown[], deadlineMs: number = DEADLINE_MS): Promise<QueryResult> {
    const answer = await this.#within(this.#client.query(text, values && [...values]), "a statement", deadlineMs);
    return Array.isArray(answer) ? (answer.at(-1) as QueryResult) : answer;
  }

  /** Says goodbye to the server. */
  close(): void {
    this.#lost = true;
    this.#client.end().catch(() => undefined);
    setTimeout(() => this.#socket.destroy(), DEADLINE_MS).unref();
  }

  /** Ends the connection at once, without a word to the server. */
  cut(): void {
    this.#lost = true;
    this.#socket.destroy();
  }

  async #within<T>(work: Promise<T>, what: string, deadlineMs = DEADLINE_MS): Promise<T> {
    const late = Promise.withResolvers<never>();
    const timer = setTimeout(() => {
      late.reject(new UnknownOutcome(`No answer to ${what} within ${deadlineMs} ms; the connection was cut.`));
      this.cut();
    }, deadlineMs);
    try {
      return await Promise.race([work, late.promise]);
    } catch (error) {
      work.catch(() => undefined);
      if (what === "connecting") this.cut();
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }
}
