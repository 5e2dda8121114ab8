import { formatMs } from "../lib/units.ts";
import type { HealthState } from "../core/health.ts";

type Health = HealthState["health"];

/** How long changes of a verdict are remembered. */
export const FLAP_WINDOW_MS = 600_000;

/** How long a flapping check must be good without a break before it is believed again; doubles each time. */
const FIRST_TRIAL_MS = 10_000;

/** What is remembered of a check's changes. */
export interface Damping {
  /** The verdict of the results alone. */
  readonly verdict: Health;
  /** When it changed between up and down, within the window. */
  readonly changesAtMs: readonly number[];
  /** How long the last trial was to be; 0: there was none. */
  readonly trialMs: number;
  /** Until when it must go on being good to be believed; `null`: it is believed. */
  readonly trustedAtMs: number | null;
}

/** Before the first result. */
export const UNDAMPED: Damping = { verdict: "unknown", changesAtMs: [], trialMs: 0, trustedAtMs: null };

/**
 * The state after one more result, which made the verdict `verdict`. More than `most` changes within the window put the
 * check on trial. 0: never.
 */
export function damped(state: Damping, verdict: Health, ok: boolean, nowMs: number, most: number): Damping {
  if (most === 0) return { ...UNDAMPED, verdict };
  const isChange = state.verdict !== "unknown" && verdict !== state.verdict;
  const remembered = isChange ? [...state.changesAtMs, nowMs] : state.changesAtMs;
  const changesAtMs = remembered.filter((atMs) => atMs > nowMs - FLAP_WINDOW_MS).slice(-(most + 1));
  const next = { ...state, verdict, changesAtMs };
  if (verdict !== "up") return { ...next, trustedAtMs: null };
  if (isChange) return onRise(next, nowMs, most);
  if (state.trustedAtMs === null) return next;
  if (!ok) return { ...next, trustedAtMs: nowMs + state.trialMs };
  return nowMs < state.trustedAtMs ? next : { ...next, trustedAtMs: null };
}

function onRise(state: Damping, nowMs: number, most: number): Damping {
  if (state.changesAtMs.length <= most) return { ...state, trialMs: 0 };
  const trialMs = state.trialMs === 0 ? FIRST_TRIAL_MS : Math.min(state.trialMs * 2, FLAP_WINDOW_MS);
  return { ...state, trialMs, trustedAtMs: nowMs + trialMs };
}

/** The verdict that counts: never better than what the results say. */
export function believed({ verdict, trustedAtMs }: Damping): Health {
  return trustedAtMs === null ? verdict : "down";
}

/** What is left of a check's credit, for a person; `null` when it has used none of it. */
export function creditText({ changesAtMs, trustedAtMs }: Damping, nowMs: number, most: number): string | null {
  const changes = changesAtMs.filter((atMs) => atMs > nowMs - FLAP_WINDOW_MS).length;
  const within = formatMs(FLAP_WINDOW_MS);
  const before = trustedAtMs === null ? "" : `; trusted again in ${formatMs(Math.max(0, trustedAtMs - nowMs))}`;
  if (changes > most || before !== "") return `flapping: more than ${most} changes in ${within}${before}`;
  return changes === 0 ? null : `${changes} of ${most} changes in ${within}`;
}
