import { afterResult, UNDECIDED, type HealthState, type RiseFall } from "../core/health.ts";
import type { Cancel, Clock } from "../lib/clock.ts";
import type { Check, CheckResult } from "./check.ts";

/** When a check is tried, and how many results change the verdict. */
export interface CheckTimes extends RiseFall {
  /** From the end of one try to the start of the next. */
  readonly intervalMs: number;
  readonly timeoutMs: number;
}

/** A check that is tried again and again until it is closed. */
export class ScheduledCheck {
  readonly #check: Check;
  readonly #times: CheckTimes;
  readonly #clock: Clock;
  #state: HealthState = UNDECIDED;
  #last: CheckResult | null = null;
  #cancel: Cancel = () => undefined;
  #isClosed = false;

  /** Begins at once. */
  constructor(check: Check, times: CheckTimes, clock: Clock) {
    this.#check = check;
    this.#times = times;
    this.#clock = clock;
    void this.#tryOnce();
  }

  get health(): HealthState["health"] {
    return this.#state.health;
  }

  /** The last result; `null` before the first. */
  get last(): CheckResult | null {
    return this.#last;
  }

  close(): void {
    this.#isClosed = true;
    this.#cancel();
    this.#check.close();
  }

  async #tryOnce(): Promise<void> {
    const result = await this.#check.run(this.#times.timeoutMs);
    if (this.#isClosed) return;
    this.#last = result;
    this.#state = afterResult(this.#state, result.ok, this.#times);
    this.#cancel = this.#clock.after(this.#times.intervalMs, () => void this.#tryOnce());
  }
}
