import { readSync, writeSync } from "node:fs";
import { parentPort, workerData } from "node:worker_threads";
import { Ring } from "./ring.ts";

/** What a thread of the relay does: from the device into the ring, or from the ring to the device. */
export interface ThreadTask {
  readonly do: "read" | "write";
  readonly device: number;
  readonly ring: SharedArrayBuffer;
  /** Delay and jitter in milliseconds, which may change at any time. */
  readonly settings: SharedArrayBuffer;
}

const task = workerData as ThreadTask;
const ring = new Ring(task.ring);
const settings = new Float64Array(task.settings);

/** The clock of the machine, the same in all threads. */
const nowMs = (): number => Number(process.hrtime.bigint()) / 1e6;

function readForever(): never {
  let lastDueAtMs = 0;
  for (;;)
    ring.put((slot) => {
      const length = readSync(task.device, slot);
      const [delayMs = 0, jitterMs = 0] = settings;
      const dueAtMs = nowMs() + delayMs + (Math.random() * 2 - 1) * jitterMs;
      lastDueAtMs = Math.max(lastDueAtMs, dueAtMs);
      return { length, dueAtMs: lastDueAtMs };
    });
}

function writeForever(): never {
  for (;;)
    ring.take(nowMs, (frame) => {
      try {
        writeSync(task.device, frame);
      } catch {
        // The device is down: the frame is lost, as on a cable without a plug.
      }
    });
}

const port = parentPort;
port?.postMessage("at work");
if (task.do === "read") readForever();
else writeForever();
