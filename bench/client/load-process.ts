import { invariant } from "../../src/lib/failure.ts";
import { countBetween, longestGap } from "../../src/quickstart/client/gap.ts";
import { Load } from "../../src/quickstart/client/load.ts";
import type { LoadRequest, LoadWindow } from "./load-messages.ts";
import { answerCalls } from "./process-calls.ts";

/**
 * The client as a process of its own, so that nothing that the bench does delays it. It ends with the
 * process that started it.
 */
let load: Load | null = null;

async function answer(request: LoadRequest): Promise<unknown> {
  if (request.do === "start") {
    load = await Load.start(request.settings);
    return null;
  }
  invariant(load !== null, "the load has not been started");
  if (request.do === "batch") load.beginBatch(request.batch);
  if (request.do === "window") return windowOf(load, request.fromMs, request.toMs);
  if (request.do === "verify") return load.verify(request.batches ?? undefined);
  if (request.do === "stop") await load.stop();
  return null;
}

function windowOf({ ledger }: Load, fromMs: number, toMs: number): LoadWindow {
  const { refused, unknown, failedConnects, lastError } = ledger;
  return {
    gap: longestGap(ledger.acknowledgedAtMs, fromMs, toMs),
    acknowledged: countBetween(ledger.acknowledgedAtMs, fromMs, toMs),
    refused,
    unknown,
    failedConnects,
    lastError,
  };
}

answerCalls(answer);
