import type { Clock } from "../lib/clock.ts";

/** The host's own clock: `CLOCK_MONOTONIC`, which all processes of one host share since its start. */
export const systemClock: Clock = {
  nowMs: () => Number(process.hrtime.bigint() / 1000n) / 1000,
  wallMs: () => Date.now(),
  after(ms, then) {
    const timer = setTimeout(then, ms);
    return () => clearTimeout(timer);
  },
};
