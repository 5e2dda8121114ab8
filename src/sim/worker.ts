import { runBatch } from "./batch.ts";
import type { Portion } from "./pool.ts";

// Runs the portions of seeds that it is told to run, one after the other.
process.on("message", (message) => {
  const { from, to, twice } = message as Portion;
  void runBatch(from, to, twice).then((batch) => process.send?.(batch));
});
