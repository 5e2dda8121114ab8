import { fork, type ChildProcess } from "node:child_process";
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { added, NO_BATCH, type Batch } from "./batch.ts";

/** So many seeds are handed out at a time. */
const PORTION = 50;

const WORKER = fileURLToPath(new URL("worker.ts", import.meta.url));

/** What a worker is told. */
export interface Portion {
  readonly from: number;
  readonly to: number;
  readonly twice: boolean;
}

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
    return { from, to: next, twice };
  };
  const done = (portion: Batch): void => {
    sum = added(sum, portion);
    isEnough ||= told(sum, portion);
  };
  await Promise.all(Array.from({ length: availableParallelism() }, () => work(take, done)));
  return sum;
}

function work(take: () => Portion | null, done: (portion: Batch) => void): Promise<void> {
  const child = fork(WORKER, { stdio: ["ignore", "inherit", "inherit", "ipc"] });
  const end = (): void => void child.kill();
  process.once("exit", end);
  return new Promise<void>((resolve, reject) => {
    const hand = (): void => {
      const portion = take();
      if (portion === null) child.disconnect();
      else child.send(portion);
    };
    child.on("message", (portion) => {
      done(portion as Batch);
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
