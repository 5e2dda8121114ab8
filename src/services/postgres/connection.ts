import { Socket } from "node:net";
import { Client, type ClientConfig, type QueryArrayConfig } from "pg";
import type { Credentials } from "../../credentials/credentials.ts";
import { lookupHost } from "../../host/host-names.ts";
import { Failure, messageOf, UnknownOutcome } from "../../lib/failure.ts";
import type { Cancel, Clock } from "../../lib/clock.ts";

/** A server, and who we are there. */
export interface Login {
  /** A host, or the directory of the server's socket. */
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly database: string;
  /** What both sides show and believe; left out or `null`: the connection is not encrypted. */
  readonly tls?: Credentials | null;
}

/** A statement with its parameters; one with a `name` is prepared once a session. */
export interface Statement {
  readonly text: string;
  readonly values?: readonly (string | number)[];
  readonly name?: string;
}

export type Row = readonly (string | number | boolean | null)[];

/**
 * Our own sessions depend on no setting of the user's, and never wait for a standby: whether a write has
 * been acknowledged is judged from what the standbys report, not from how long our statement took.
 */
const OUR_SETTINGS = [
  "synchronous_commit=local",
  "search_path=pg_catalog",
  "default_transaction_read_only=off",
  "statement_timeout=0",
  "lock_timeout=0",
  "idle_in_transaction_session_timeout=0",
]
  .map((setting) => `-c ${setting}`)
  .join(" ");

/**
 * A session with a server that is opened when it is first needed and again when it was lost. Its end is
 * told at once: when the server dies, the kernel closes the socket.
 */
export class Connection {
  readonly #login: Login;
  readonly #clock: Clock;
  readonly #ended: () => void;
  #opening: Promise<Client> | null = null;
  #socket: Socket | null = null;
  #isOpen = false;

  /** `ended` is called whenever an open session has ended, unless by {@link close}. */
  constructor(login: Login, clock: Clock, ended: () => void) {
    this.#login = login;
    this.#clock = clock;
    this.#ended = ended;
  }

  /** Whether there is a session now. */
  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** Opens the session if there is none. Rejects with what the server or the system said; see {@link codeOf}. */
  async open(): Promise<void> {
    await this.#client();
  }

  /** The rows that `statement` gives; rejects with what the server said, however long that takes. */
  async rows(statement: Statement): Promise<readonly Row[]> {
    const client = await this.#client();
    const { text, name, values = [] } = statement;
    const query: QueryArrayConfig = {
      text,
      values: [...values],
      rowMode: "array",
      ...(name === undefined ? {} : { name }),
    };
    return (await client.query<(string | number | boolean | null)[]>(query)).rows;
  }

  /** The same within a time. Rejects with an {@link UnknownOutcome} when that is over, and gives the session up. */
  async rowsWithin(ms: number, statement: Statement): Promise<readonly Row[]> {
    const what = `"${statement.text.trim().slice(0, 60)}"`;
    try {
      return await this.#within(ms, this.rows(statement), what);
    } catch (error) {
      if (error instanceof UnknownOutcome) throw error;
      throw new Failure(`PostgreSQL did not do ${what}: ${messageOf(error)}`);
    }
  }

  /** As {@link open}, but gives up after a time. */
  async openWithin(ms: number): Promise<void> {
    await this.#within(ms, this.open(), "a new session");
  }

  /** Cuts the session without a word, so that a server that does not answer cannot hold it up. */
  close(): void {
    this.#isOpen = false;
    this.#opening = null;
    this.#socket?.destroy();
    this.#socket = null;
  }

  async #within<T>(ms: number, work: Promise<T>, what: string): Promise<T> {
    let cancel: Cancel = () => undefined;
    const late = new Promise<never>((_, reject) => {
      cancel = this.#clock.after(ms, () => {
        reject(new UnknownOutcome(`PostgreSQL has not answered ${what} within ${ms} ms`));
        this.close();
      });
    });
    try {
      return await Promise.race([work, late]);
    } finally {
      cancel();
    }
  }

  #client(): Promise<Client> {
    this.#opening ??= this.#connect();
    return this.#opening;
  }

  async #connect(): Promise<Client> {
    const socket = new KnownHostSocket();
    this.#socket = socket;
    const client = new Client(clientConfig(this.#login, socket));
    client.on("error", () => undefined);
    socket.on("close", () => this.#lost(socket));
    try {
      await client.connect();
    } catch (error) {
      this.#lost(socket);
      throw error;
    }
    if (this.#socket !== socket) throw new Failure("the session was given up while it was being opened");
    this.#isOpen = true;
    return client;
  }

  #lost(socket: Socket): void {
    socket.destroy();
    if (this.#socket !== socket) return;
    const wasOpen = this.#isOpen;
    this.close();
    if (wasOpen) this.#ended();
  }
}

/** Goes by the last known address of a host, which the client library cannot be told to. */
class KnownHostSocket extends Socket {
  override connect(...where: unknown[]): this {
    const [port, host] = where;
    if (typeof port !== "number" || typeof host !== "string") return super.connect(...(where as [string]));
    return super.connect({ port, host, lookup: lookupHost });
  }
}

function clientConfig({ tls = null, ...server }: Login, socket: Socket): ClientConfig {
  return {
    ...server,
    stream: () => socket,
    // The authority signs for nobody else: which member it is makes no difference.
    ssl: tls === null ? false : { ...tls, checkServerIdentity: () => undefined },
    keepAlive: true,
    application_name: "understudy",
    options: server.host.startsWith("/") ? OUR_SETTINGS : "",
  };
}

/** The five characters by which PostgreSQL names an error, or the system's name (`ECONNREFUSED`); `""` for others. */
export function codeOf(error: unknown): string {
  const code = (error as { readonly code?: unknown } | null)?.code;
  return typeof code === "string" ? code : "";
}
