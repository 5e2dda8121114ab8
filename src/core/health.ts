/** What a check's results add up to, and how far they are towards changing that. */
export interface HealthState {
  readonly health: "up" | "down" | "unknown";
  /** Results in a row that speak against `health`; while `unknown`, results in a row like `lastOk`. */
  readonly streak: number;
  readonly lastOk: boolean | null;
}

/** How many results in a row change the verdict: `rise` good ones to `up`, `fall` bad ones to `down`. */
export interface RiseFall {
  readonly rise: number;
  readonly fall: number;
}

/** Before the first result. */
export const UNDECIDED: HealthState = { health: "unknown", streak: 0, lastOk: null };

/** The state after one more result. One result that agrees with the verdict forgets all that spoke against it. */
export function afterResult(state: HealthState, ok: boolean, limits: RiseFall): HealthState {
  const verdict = ok ? "up" : "down";
  if (state.health === verdict) return { health: verdict, streak: 0, lastOk: ok };
  const goesOn = state.lastOk === ok || state.health !== "unknown";
  const streak = goesOn ? state.streak + 1 : 1;
  if (streak >= (ok ? limits.rise : limits.fall)) return { health: verdict, streak: 0, lastOk: ok };
  return { health: state.health, streak, lastOk: ok };
}

/** The verdict over several checks: one that is down makes it `down`; else one that has not decided, `unknown`. None at all: `up`. */
export function worstHealth(healths: readonly HealthState["health"][]): HealthState["health"] {
  if (healths.includes("down")) return "down";
  return healths.includes("unknown") ? "unknown" : "up";
}
