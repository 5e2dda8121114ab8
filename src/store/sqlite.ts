import { existsSync, linkSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { Worker } from "node:worker_threads";
import { syncDirectory } from "../host/durable-file.ts";
import { Bug, Failure, UnknownOutcome, messageOf } from "../lib/failure.ts";
import { checkTransaction } from "./check-transaction.ts";
import { hostNowMs, type Opening, type Order, type Question, type Refusal, type Report } from "./sqlite-message.ts";
import type { Entry, Store, Transaction, TransactionResult } from "./store.ts";

/** How a {@link SqliteStore} is opened. */
export interface SqliteOptions {
  /** Within that time each call settles. Default 1000 ms. */
  readonly deadlineMs?: number;
  /** Within that time it opens: longer, because the file may have to be recovered. Default 5000 ms. */
  readonly openMs?: number;
}

/** So much earlier than the store the thread gives up, so that its answer, which knows more, comes first. */
const ANSWER_MS = 30;
/** A thread that is stuck in a write does not end; after that long `close` leaves it behind. */
const CLOSE_MS = 500;

/**
 * Opens the store in `file`, or makes one (0600, in a directory made 0700) when there is none. Rejects with
 * a `Failure` that says what to do when the file cannot be used; then it was left as it is.
 */
export async function openSqliteStore(file: string, options: SqliteOptions = {}): Promise<Store> {
  const path = resolve(file);
  await makeFile(path);
  const openMs = options.openMs ?? 5000;
  const opening: Opening = { file: path, untilMs: hostNowMs() + openMs - ANSWER_MS };
  const thread = new Worker(new URL("./sqlite-worker.ts", import.meta.url), {
    workerData: opening,
    resourceLimits: { maxOldGenerationSizeMb: 64, maxYoungGenerationSizeMb: 2, stackSizeMb: 1 },
  });
  const identity = await opened(thread, path, openMs);
  return new SqliteStore(path, identity, thread, options.deadlineMs ?? 1000);
}

interface Call {
  readonly question: Question;
  readonly timer: NodeJS.Timeout;
  readonly resolve: (answer: never) => void;
  readonly reject: (error: Error) => void;
}

/**
 * A store in one SQLite file, shared by all processes of one machine. SQLite works in a thread of its own,
 * so a slow disk or a lock holds nothing up here. Does not keep the process alive.
 */
class SqliteStore implements Store {
  readonly #file: string;
  readonly #identity: string;
  readonly #thread: Worker;
  readonly #deadlineMs: number;
  readonly #calls = new Map<number, Call>();
  readonly #watches = new Set<{ readonly prefix: string; readonly ring: () => void }>();
  readonly #ended: Promise<void>;
  #lastId = 0;
  #closed = false;

  constructor(file: string, identity: string, thread: Worker, deadlineMs: number) {
    this.#file = file;
    this.#identity = identity;
    this.#thread = thread;
    this.#deadlineMs = deadlineMs;
    this.#ended = new Promise((resolve) => thread.once("exit", () => resolve()));
    thread.on("message", (report: Report) => this.#hear(report));
    thread.on("error", (error) => {
      throw new Bug(`The thread of the store "${file}" broke: ${messageOf(error)}`, { cause: error });
    });
    thread.unref();
  }

  async identity(): Promise<string> {
    return this.#identity;
  }

  read(keys: readonly string[]): Promise<readonly Entry[]> {
    return this.#ask({ ask: "read", keys });
  }

  list(prefix: string): Promise<readonly Entry[]> {
    return this.#ask({ ask: "list", prefix });
  }

  async transact(transaction: Transaction): Promise<TransactionResult> {
    checkTransaction(transaction);
    return this.#ask({ ask: "transact", transaction });
  }

  watch(prefix: string, then: () => void): () => void {
    const watch = { prefix, ring: then };
    this.#watches.add(watch);
    this.#tellWatches();
    return () => {
      if (this.#watches.delete(watch)) this.#tellWatches();
    };
  }

  async close(): Promise<void> {
    if (!this.#closed) {
      this.#closed = true;
      this.#watches.clear();
      this.#send({ close: true });
    }
    const timer = new AbortController();
    await Promise.race([this.#ended, after(CLOSE_MS, timer.signal)]);
    timer.abort();
    for (const id of this.#calls.keys()) this.#giveUp(id, "the store was closed");
    void this.#thread.terminate();
  }

  #ask<T>(question: Question): Promise<T> {
    return new Promise((resolve, reject) => {
      if (this.#closed) return reject(new Failure(`The store "${this.#file}" was closed`));
      const id = ++this.#lastId;
      // After a pause of this process the answer may be there already: it is taken first.
      const late = (): void => void setImmediate(() => this.#giveUp(id, `no answer within ${this.#deadlineMs} ms`));
      this.#calls.set(id, { question, timer: setTimeout(late, this.#deadlineMs), resolve, reject });
      this.#send({ id, untilMs: hostNowMs() + this.#deadlineMs - ANSWER_MS, question });
    });
  }

  #hear(report: Report): void {
    if ("changed" in report) this.#ring(report.changed);
    else if ("id" in report) {
      const call = this.#take(report.id);
      if ("answer" in report) call?.resolve(report.answer as never);
      else call?.reject(errorOf(report.refused));
    }
  }

  #ring(changed: readonly string[]): void {
    for (const watch of this.#watches) if (changed.includes(watch.prefix)) watch.ring();
  }

  #giveUp(id: number, why: string): void {
    const call = this.#take(id);
    if (call === undefined) return;
    const unknown = call.question.ask === "transact";
    const what = unknown ? "may or may not have been changed" : "could not be read";
    call.reject(errorOf({ unknown, message: `The store "${this.#file}" ${what}: ${why}. Is its disk slow or stuck?` }));
  }

  #take(id: number): Call | undefined {
    const call = this.#calls.get(id);
    this.#calls.delete(id);
    clearTimeout(call?.timer);
    return call;
  }

  #tellWatches(): void {
    if (!this.#closed) this.#send({ watch: [...new Set([...this.#watches].map(({ prefix }) => prefix))] });
  }

  #send(order: Order): void {
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- that is for windows, this is a thread
    this.#thread.postMessage(order);
  }
}

function errorOf(refused: Refusal): Error {
  return refused.unknown ? new UnknownOutcome(refused.message) : new Failure(refused.message);
}

/** The identity, once the thread has opened the file. */
function opened(thread: Worker, file: string, withinMs: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const fail = (error: Error): void => {
      void thread.terminate();
      reject(error);
    };
    const timer = setTimeout(
      () => fail(new Failure(`Cannot open the store "${file}": no answer within ${withinMs} ms. Is its disk stuck?`)),
      withinMs,
    );
    thread.once("error", fail);
    thread.once("message", (report: Report) => {
      clearTimeout(timer);
      thread.off("error", fail);
      if ("opened" in report) resolve(report.opened);
      else if ("refused" in report) fail(errorOf(report.refused));
    });
  });
}

/**
 * Makes `file` with the right mode when it is missing. It is made under another name first: to open and
 * close a file that a store of this process uses would drop SQLite's locks on it.
 */
async function makeFile(file: string): Promise<void> {
  if (existsSync(file)) return;
  const directory = dirname(file);
  const blank = `${file}.${process.pid}.new`;
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    writeFileSync(blank, "", { mode: 0o600 });
    linkUnlessThere(blank, file);
    await syncDirectory(directory);
  } catch (error) {
    throw new Failure(
      `Cannot make the store "${file}": ${messageOf(error)}. Its directory must exist and be writable.`,
    );
  }
}

function linkUnlessThere(blank: string, file: string): void {
  try {
    linkSync(blank, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  } finally {
    rmSync(blank, { force: true });
  }
}

function after(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener("abort", () => clearTimeout(timer));
  });
}
