import { Frames } from "./frames.ts";
import { readOpening, type Opening } from "./postgres-messages.ts";

/** The client's messages that matter, and the server's one. */
const QUERY = 0x51;
const SYNC = 0x53;
const FUNCTION_CALL = 0x46;
const PARSE = 0x50;
const BIND = 0x42;
const EXECUTE = 0x45;
const DESCRIBE = 0x44;
const CLOSE = 0x43;
const FLUSH = 0x48;
const COPY_DONE = 0x63;
const COPY_FAIL = 0x66;
const TERMINATE = 0x58;
const READY = 0x5a;

/** The state that "ready" tells when no transaction is open. */
const IDLE = 0x49;

/** The server's answers to a wish for encryption. */
const NO = 0x4e;

/**
 * Where one client and its server are in PostgreSQL's protocol, as far as a proxy has to know: whether the
 * opening is over, and whether any work is under way. Encrypted ones are opaque: nothing is known of them.
 */
export class Conversation {
  /**
   * `opening`: the client's first packet is to come. `asked`: it asked for encryption, the server's one
   * byte is to come. `messages`: it has started. `opaque`: encrypted, or no PostgreSQL.
   */
  phase: "opening" | "asked" | "messages" | "opaque" = "opening";
  /** What the client's newest opening packet was; `null` until it is there. */
  opening: Opening | null = null;
  #openingBytes: Buffer = Buffer.alloc(0);
  /** Answers "ready" that the server owes: one for the start, one for each query or sync. */
  #owed = 1;
  /** Messages have been sent whose sync is still to come. */
  #isUnsynced = false;
  #wasExtended = false;
  #isInTransaction = true;
  readonly #client = new Frames((type) => this.#clientSaid(type));
  readonly #server = new Frames((type, byte) => this.#serverSaid(type, byte));

  /** Neither a transaction nor a query is under way, nothing half of a message has passed, and the client may be told anything. */
  get isIdle(): boolean {
    return (
      this.phase === "messages" &&
      this.#owed === 0 &&
      !this.#isUnsynced &&
      !this.#isInTransaction &&
      this.#server.isBetweenMessages &&
      this.#client.isBetweenMessages
    );
  }

  fromClient(chunk: Buffer): void {
    if (this.phase === "messages") this.#client.read(chunk);
    else if (this.phase === "opening") this.#readOpening(chunk);
    else this.#become("opaque");
  }

  fromServer(chunk: Buffer): void {
    if (this.phase === "messages") this.#server.read(chunk);
    else if (this.phase === "asked") this.#answerEncryption(chunk[0] ?? 0);
  }

  #readOpening(chunk: Buffer): void {
    this.#openingBytes = Buffer.concat([this.#openingBytes, chunk]);
    const found = readOpening(this.#openingBytes);
    if (found === null) return;
    this.opening = found.opening;
    if (found.opening === "other") this.#become("opaque");
    else if (this.#openingBytes.length >= found.lengthBytes) this.#afterOpening(found.opening, found.lengthBytes);
  }

  #afterOpening(opening: Opening, lengthBytes: number): void {
    const rest = this.#openingBytes.subarray(lengthBytes);
    if (opening === "startup") {
      this.#become("messages");
      this.#client.read(rest);
    } else {
      this.#become(rest.length > 0 ? "opaque" : "asked");
    }
  }

  #become(phase: Conversation["phase"]): void {
    this.phase = phase;
    this.#openingBytes = Buffer.alloc(0);
  }

  #answerEncryption(answer: number): void {
    this.#become(answer === NO ? "opening" : "opaque");
  }

  #clientSaid(type: number): void {
    switch (type) {
      case SYNC:
        this.#isUnsynced = false;
        this.#owed += 1;
        return;
      case QUERY:
      case FUNCTION_CALL:
        this.#wasExtended = false;
        this.#owed += 1;
        return;
      case COPY_DONE:
      case COPY_FAIL:
        // While a copy by the extended protocol comes in, the server ignores every sync sent before its end.
        if (this.#wasExtended) {
          this.#owed = 0;
          this.#isUnsynced = true;
        }
        return;
      case EXECUTE:
        this.#wasExtended = true;
        this.#isUnsynced = true;
        return;
      case PARSE:
      case BIND:
      case DESCRIBE:
      case CLOSE:
      case FLUSH:
      case TERMINATE:
        this.#isUnsynced = true;
    }
  }

  #serverSaid(type: number, byte: number): void {
    if (type !== READY) return;
    this.#owed = Math.max(0, this.#owed - 1);
    this.#isInTransaction = byte !== IDLE;
  }
}
