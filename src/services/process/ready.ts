import { Failure, messageOf } from "../../lib/failure.ts";
import type { Role } from "./environment.ts";
import { askPort } from "./ask-port.ts";
import { runCommand } from "./commands.ts";
import type { Place } from "./place.ts";

/** Between questions: the first pause, and the longest. */
const ASK_MS = 5;
const LONGEST_ASK_MS = 200;
/** An answer of its own host takes no longer. */
const ANSWER_MS = 1000;
/** Where nothing tells when it is ready: who lives on for so long has not failed at once. */
const LIVES_MS = 300;

/**
 * Waits until the process may have what it is started for; `ended` says why it never will be, or `null`. Rejects with a
 * {@link Failure} then, when it takes longer than `startMs`, or when `signal` gives it up.
 */
export async function untilReady(
  place: Place,
  role: Role,
  ended: () => Promise<string | null>,
  signal: AbortSignal,
): Promise<void> {
  const { clock, config } = place;
  const beganMs = clock.nowMs();
  for (let pauseMs = ASK_MS; ; pauseMs = Math.min(LONGEST_ASK_MS, pauseMs * 1.3)) {
    if (signal.aborted) throw new Failure("It was told to stop before it was ready");
    const end = await ended();
    if (end !== null) throw new Failure(end);
    const missing = await missingIn(place, role, clock.nowMs() - beganMs);
    if (missing === null) return;
    if (clock.nowMs() - beganMs > config.startMs)
      throw new Failure(`It was not ready within ${config.startMs / 1000} s: ${missing}`);
    await new Promise<void>((resolve) => clock.after(pauseMs, resolve));
  }
}

/** What is missing; `null`: nothing. A warm standby need not listen yet. */
async function missingIn(place: Place, role: Role, livedMs: number): Promise<string | null> {
  const { ready, standby, startMs } = place.config;
  const isQuiet = role.role === "standby" && standby === "warm";
  if (typeof ready === "object")
    return runCommand(place, ready.command, role, startMs).then(
      () => null,
      (error: unknown) => messageOf(error),
    );
  if (ready === "lives" || isQuiet) return livedMs >= LIVES_MS ? null : "it has only just been started";
  const { host, port } = place.address;
  const answer = await askPort(place.address, ANSWER_MS, place.clock);
  return answer === "answered" ? null : `nothing listens at ${host}:${port}`;
}
