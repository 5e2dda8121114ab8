import { once } from "node:events";
import { createInterface } from "node:readline";
import { Worker } from "node:worker_threads";
import type { ThreadTask } from "./relay-thread.ts";
import { Ring } from "./ring.ts";

/*
 * Moves frames between the two devices that it inherits, each of them later by what the last line of its input says (delay
 * and jitter in milliseconds). Four threads, two a direction, wait in place: that costs least. It ends with its input.
 */
const [toHost, toSwitch] = process.argv.slice(2).map(Number) as [number, number];
const settings = new SharedArrayBuffer(16);

/** Resolves once the thread is at work. */
async function thread(task: Omit<ThreadTask, "settings">): Promise<void> {
  const worker = new Worker(new URL("relay-thread.ts", import.meta.url), { workerData: { ...task, settings } });
  worker.on("error", (error) => {
    throw error;
  });
  await once(worker, "message");
}

const threads: Promise<void>[] = [];

for (const [from, to] of [
  [toHost, toSwitch],
  [toSwitch, toHost],
] as const) {
  const ring = new Ring().memory;
  threads.push(thread({ do: "read", device: from, ring }), thread({ do: "write", device: to, ring }));
}
await Promise.all(threads);

createInterface({ input: process.stdin })
  .on("line", (line) => {
    new Float64Array(settings).set(line.split(" ").map(Number));
    process.stdout.write("set\n");
  })
  .on("close", () => process.kill(process.pid, "SIGKILL"));
