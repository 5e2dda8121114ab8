import type { Cancel, Clock } from "../../lib/clock.ts";
import { Connection, type Login } from "./connection.ts";

/** Before the first connection: a new primary has its clients to let in. Then the first and the longest pause before it is opened again. */
const FIRST_MS = 300;
const AGAIN_MS = 150;
const LONGEST_AGAIN_MS = 300;

/** A host that has lost its power never answers, and is back later. */
const OPEN_MS = 2000;

/**
 * Keeps a session open with the server of another member. A server's sessions end with its main process,
 * so when that dies, however it dies, this one ends within milliseconds and rings the bell. The death of
 * the whole host ends nothing; for that there are heartbeats.
 */
export class Observer {
  readonly #loginOf: (member: string) => Login | null;
  readonly #clock: Clock;
  readonly #ring: () => void;
  #member: string | null = null;
  #connection: Connection | null = null;
  #cancel: Cancel = () => undefined;

  constructor(loginOf: (member: string) => Login | null, clock: Clock, ring: () => void) {
    this.#loginOf = loginOf;
    this.#clock = clock;
    this.#ring = ring;
  }

  /** Observes `member` from now on, and only it; `null`: nobody. */
  observe(member: string | null): void {
    if (member === this.#member) return;
    this.#member = member;
    this.#cancel();
    this.#connection?.close();
    this.#connection = null;
    const login = member === null ? null : this.#loginOf(member);
    if (login === null) return;
    this.#connection = new Connection(login, this.#clock, () => {
      this.#ring();
      this.#openAfter(AGAIN_MS);
    });
    this.#openAfter(FIRST_MS);
  }

  #openAfter(ms: number): void {
    this.#cancel();
    this.#cancel = this.#clock.after(ms, () => {
      const connection = this.#connection;
      connection?.openWithin(OPEN_MS).catch(() => {
        if (connection === this.#connection) this.#openAfter(Math.min(LONGEST_AGAIN_MS, Math.max(AGAIN_MS, ms * 2)));
      });
    });
  }
}
