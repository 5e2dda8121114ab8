import { fork, type ChildProcess } from "node:child_process";
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { added, NO_BATCH, type Batch } from "./batch.ts";

/** So many seeds are handed out at a time. */
const PORTION = 50;

const WORKER = fileURLToPath(new URL("worker.ts", import.meta.url));

/** Seeds that a worker is told to run; it answers with a {@link Batch}. */
export interface Portion {
  readonly do: "seeds";
  readonly from: number;
  readonly to: number;
  readonly twice: boolean;
}

/** An hour of a lossy network; the worker answers with how many takeovers nobody needed. */
export interface LossyHour {
  readonly do: "lossy hour";
  readonly hour: number;
  readonly leaseMs: number;
}

export type Task = Portion | LossyHour;

/** Runs `count` seeds from `first` on (`null`: until `isEnough`) over all processors; `told` hears of each portion, with what there is by then. */
export async function runSeeds(
  first: number,
  count: number | null,
  twice: boolean,
  told: (sum: Batch, portion: Batch) => boolean,
): Promise<Batch> {
  let next = first;
  let sum = NO_BATCH;
  let isEnough = false;
  const take = (): Portion | null => {
    const end = count === null ? Infinity : first + count;
    if (isEnough || next >= end) return null;
    const from = next;
    next = Math.min(end, next + PORTION);
    return { do: "seeds", from, to: next, twice };
  };
  await overAll(take, (answer) => {
    const portion = answer as Batch;
    sum = added(sum, portion);
    isEnough ||= told(sum, portion);
  });
  return sum;
}

/**
 * Runs `count` hours of a lossy network from the hour `first` on over all processors: how often somebody took over,
 * though nobody had failed. `told` hears of each hour, in the order in which they end.
 */
export async function runLossyHours(
  first: number,
  count: number,
  leaseMs: number,
  told: (done: number, takeovers: number) => void,
): Promise<number> {
  let next = first;
  let done = 0;
  let takeovers = 0;
  const take = (): LossyHour | null => (next < first + count ? { do: "lossy hour", hour: next++, leaseMs } : null);
  await overAll(take, (answer) => {
    takeovers += answer as number;
    told(++done, takeovers);
  });
  return takeovers;
}

/** Has a worker on each processor do what `take` gives until that is `null`; `done` hears of each answer. */
async function overAll(take: () => Task | null, done: (answer: unknown) => void): Promise<void> {
  await Promise.all(Array.from({ length: availableParallelism() }, () => work(take, done)));
}

function work(take: () => Task | null, done: (answer: unknown) => void): Promise<void> {
  const child = fork(WORKER, { stdio: ["ignore", "inherit", "inherit", "ipc"] });
  const end = (): void => void child.kill();
  process.once("exit", end);
  return new Promise<void>((resolve, reject) => {
    const hand = (): void => {
      const task = take();
      if (task === null) child.disconnect();
      else child.send(task);
    };
    child.on("message", (answer) => {
      done(answer);
      hand();
    });
    child.on("error", reject);
    child.on("exit", (code) => (code === 0 ? resolve() : reject(new Error(`a worker ended with ${String(code)}`))));
    hand();
  }).finally(() => forget(child, end));
}

function forget(child: ChildProcess, end: () => void): void {
  process.off("exit", end);
  child.kill();
}
