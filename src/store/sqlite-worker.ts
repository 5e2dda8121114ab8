import { parentPort, workerData } from "node:worker_threads";
import { Failure, UnknownOutcome, invariant } from "../lib/failure.ts";
import { SqliteBell } from "./sqlite-bell.ts";
import { explain, isBusy } from "./sqlite-error.ts";
import { SqliteFile } from "./sqlite-file.ts";
import { hostNowMs, type Opening, type Order, type Question, type Refusal, type Report } from "./sqlite-message.ts";

/** A lock is tried again after 1 ms to this, at random, so that those who wait do not stay in step. */
const RETRY_MAX_MS = 5;

const port = parentPort;
invariant(port !== null, "sqlite-worker.ts runs as the thread of a SqliteStore only");
const { file, untilMs } = workerData as Opening;

const waiting = new Set<() => void>();
let closing = false;

tryUntil(
  untilMs,
  "open",
  () => new SqliteFile(file),
  serve,
  (refused) => {
    report({ refused });
    port.close();
  },
);

function serve(store: SqliteFile): void {
  const bell = new SqliteBell(store, file, (changed) => report({ changed }));
  port?.on("message", (order: Order) => {
    if ("watch" in order) bell.watch(order.watch);
    else if ("close" in order) close(store, bell);
    else answer(store, order, bell);
  });
  report({ opened: store.identity });
}

function answer(store: SqliteFile, order: Extract<Order, { id: number }>, bell: SqliteBell): void {
  const { id, question } = order;
  const doing = question.ask === "transact" ? "change" : "read";
  tryUntil(
    order.untilMs,
    doing,
    () => ask(store, question),
    (answer) => {
      report({ id, answer });
      if (question.ask === "transact") bell.look();
    },
    (refused) => report({ id, refused }),
  );
}

function ask(store: SqliteFile, question: Question): unknown {
  if (question.ask === "read") return store.read(question.keys);
  if (question.ask === "list") return store.list(question.prefix);
  const result = store.transact(question.transaction);
  if (result.applied && question.transaction.write.length > 0) store.ring();
  return result;
}

/** Tries `attempt` at least once, then for as long as a lock is in the way and it is not too late. */
function tryUntil<T>(
  endMs: number,
  doing: string,
  attempt: () => T,
  then: (result: T) => void,
  otherwise: (refused: Refusal) => void,
): void {
  let result: T;
  try {
    result = attempt();
  } catch (error) {
    if (isBusy(error) && !closing && hostNowMs() < endMs) later(() => tryUntil(endMs, doing, attempt, then, otherwise));
    else otherwise(refusal(explain(doing, file, error)));
    return;
  }
  then(result);
}

function later(retry: () => void): void {
  const run = (): void => {
    clearTimeout(timer);
    waiting.delete(run);
    retry();
  };
  const timer = setTimeout(run, 1 + Math.random() * (RETRY_MAX_MS - 1));
  waiting.add(run);
}

/** Only what the outside world did is reported; a bug ends the thread, and with it the process. */
function refusal(error: unknown): Refusal {
  if (error instanceof UnknownOutcome) return { unknown: true, message: error.message };
  if (error instanceof Failure) return { unknown: false, message: error.message };
  throw error;
}

function close(store: SqliteFile, bell: SqliteBell): void {
  closing = true;
  bell.watch([]);
  for (const retry of waiting) retry();
  store.close();
  port?.close();
}

function report(message: Report): void {
  port?.postMessage(message);
}
