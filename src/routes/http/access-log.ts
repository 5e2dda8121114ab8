import { createWriteStream, type WriteStream } from "node:fs";
import { once } from "node:events";
import type { RequestHead } from "./request-head.ts";
import { messageOf, UserError } from "../../lib/failure.ts";

/** One request, as it ended. */
export interface AccessEntry {
  readonly client: string;
  readonly method: string;
  readonly host: string;
  readonly target: string;
  /** 0: the response broke off. */
  readonly status: number;
  readonly sentBytes: number;
  readonly tookMs: number;
  /** Whose response it was; empty: the proxy's own. */
  readonly server: string;
  readonly requestId: string;
}

/** What was asked. */
export interface Asked {
  readonly client: string;
  /** `null`: it could not be read. */
  readonly head: RequestHead | null;
  readonly requestId: string;
  readonly beganMs: number;
}

const FLUSH_MS = 200;
/** What a slow disk has not taken beyond that is dropped, and told: no request waits for a log. */
const MAX_WAITING_BYTES = 16 * 1024 * 1024;

/** A file that gets a line of JSON for each request. */
export class AccessLog {
  readonly #file: string;
  readonly #tell: (text: string) => void;
  readonly #timer: NodeJS.Timeout;
  #stream: WriteStream;
  #lines = "";
  #dropped = 0;

  private constructor(file: string, stream: WriteStream, tell: (text: string) => void) {
    this.#file = file;
    this.#tell = tell;
    this.#stream = stream;
    this.#timer = setInterval(() => this.#flush(), FLUSH_MS);
  }

  /** Throws a `UserError` if there can be no such file. */
  static async open(file: string, tell: (text: string) => void): Promise<AccessLog> {
    const stream = streamOf(file);
    try {
      await once(stream, "open");
    } catch (error) {
      throw new UserError(`Cannot write ${file} (--access-log): ${messageOf(error)}`);
    }
    const log = new AccessLog(file, stream, tell);
    stream.on("error", (error) => log.#failed(error));
    return log;
  }

  add(entry: AccessEntry): void {
    if (this.#lines.length + this.#stream.writableLength > MAX_WAITING_BYTES) this.#dropped += 1;
    else this.#lines += `${JSON.stringify({ at: new Date().toISOString(), ...entry })}\n`;
  }

  /** Goes on in a new file of the same name: the old one has been moved away. */
  reopen(): void {
    this.#flush();
    this.#stream.end();
    this.#stream = streamOf(this.#file);
    this.#stream.on("error", (error) => this.#failed(error));
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    this.#flush();
    if (this.#stream.destroyed) return;
    this.#stream.end();
    await once(this.#stream, "close");
  }

  #flush(): void {
    if (this.#dropped > 0) this.#tell(`${this.#dropped} lines of the access log were dropped: the disk is too slow`);
    this.#dropped = 0;
    if (this.#lines === "" || this.#stream.destroyed) return;
    this.#stream.write(this.#lines);
    this.#lines = "";
  }

  #failed(error: Error): void {
    this.#tell(`nothing is written to the access log any more: ${error.message}`);
  }
}

/** The line for a request that ends now. */
export function entryOf(asked: Asked, ended: Pick<AccessEntry, "status" | "server" | "sentBytes">): AccessEntry {
  const { client, head, requestId, beganMs } = asked;
  const tookMs = head === null ? 0 : Math.round((performance.now() - beganMs) * 10) / 10;
  return {
    client,
    method: head?.method ?? "",
    host: head?.host ?? "",
    target: head?.target ?? "",
    ...ended,
    tookMs,
    requestId,
  };
}

function streamOf(file: string): WriteStream {
  return createWriteStream(file, { flags: "a", mode: 0o640 });
}
