import { runBatch, type Batch } from "./batch.ts";
import type { Task } from "./pool.ts";
import { falseTakeovers } from "./scenarios.ts";

// Nobody reads them here, and to make one for each failure of the pretended world takes a twentieth of a seed.
Error.stackTraceLimit = 0;

// Does what it is told to do, one thing after the other.
process.on("message", (message) => {
  void answerTo(message as Task).then((answer) => process.send?.(answer));
});

function answerTo(task: Task): Promise<Batch | number> {
  if (task.do === "lossy hour") return falseTakeovers(task.hour, task.leaseMs);
  return runBatch(task.from, task.to, task.twice);
}
