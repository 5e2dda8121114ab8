import { setTimeout as sleep } from "node:timers/promises";
import type { ClusterStatus } from "../api/agent-port.ts";
import type { Config } from "../config/config.ts";
import { Failure } from "../lib/failure.ts";
import type { Context } from "./context.ts";
import { renderStatus } from "./render-status.ts";

const EVERY_MS = 500;

/**
 * Shows the status again and again until Ctrl-C: on a terminal in place, else one after the other, with
 * `--json` one line each. While no agent answers it says so and goes on.
 */
export async function watch(context: Context, config: Config, look: () => Promise<ClusterStatus>): Promise<void> {
  const stop = new AbortController();
  process.once("SIGINT", () => stop.abort()).once("SIGTERM", () => stop.abort());
  const isScreen = !context.json && process.stdout.isTTY;
  if (isScreen) process.stdout.write(HIDE_CURSOR + CLEAR);
  try {
    while (!stop.signal.aborted) {
      const seen = await look().catch(asProblem);
      show(context, config, seen, isScreen);
      await sleep(EVERY_MS, undefined, { signal: stop.signal }).catch(() => undefined);
    }
  } finally {
    if (isScreen) process.stdout.write(SHOW_CURSOR);
  }
}

/** Only the outside world is worth waiting for. */
function asProblem(error: unknown): string {
  if (error instanceof Failure) return error.message;
  throw error;
}

function show(context: Context, config: Config, seen: ClusterStatus | string, isScreen: boolean): void {
  if (context.json) return context.printJson(typeof seen === "string" ? { error: seen } : seen);
  const lines =
    typeof seen === "string"
      ? [`${context.paint.head(config.cluster)}  ${context.paint.bad(seen)}`]
      : renderStatus(seen, context.width, context.paint);
  if (isScreen) process.stdout.write(frame([...lines, "", context.paint.dim("Ctrl-C ends this")]));
  else context.print(...lines, "");
}

export const HIDE_CURSOR = "\x1b[?25l";
export const SHOW_CURSOR = "\x1b[?25h";
export const CLEAR = "\x1b[2J";
const HOME = "\x1b[H";
const CLEAR_LINE = "\x1b[K";
const CLEAR_BELOW = "\x1b[J";

/** The whole screen in one write, each line over its former self: nothing flickers. */
export function frame(lines: readonly string[]): string {
  const rows = process.stdout.rows ?? lines.length;
  const shown = lines.slice(0, Math.max(1, rows - 1)).map((line) => `${line}${CLEAR_LINE}\n`);
  return `${HOME}${shown.join("")}${CLEAR_BELOW}`;
}
