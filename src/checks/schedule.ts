import { afterResult, UNDECIDED, type HealthState, type RiseFall } from "../core/health.ts";
import type { Cancel, Clock } from "../lib/clock.ts";
import type { Check, CheckResult } from "./check.ts";

/** When a check is tried, and how many results change the verdict. */
export interface CheckTimes extends RiseFall {
  /** From the end of one try to the start of the next. */
  readonly intervalMs: number;
  readonly timeoutMs: number;
  /** The same while the last result speaks against the verdict, or somebody doubts it; default: `intervalMs`. */
  readonly inDoubtMs?: number;
}

/** How long a doubt makes tries more frequent. */
const DOUBT_MS = 1000;

/** A check that is tried again and again until it is closed. */
export class ScheduledCheck {
  readonly #check: Check;
  readonly #times: CheckTimes;
  readonly #clock: Clock;
  #state: HealthState = UNDECIDED;
  #last: CheckResult | null = null;
  #cancel: Cancel = () => undefined;
  #isClosed = false;
  #isTrying = false;
  #doubtedUntilMs = 0;
  readonly #told: (result: CheckResult) => void;

  /** Begins at once. `told` hears every result. */
  constructor(check: Check, times: CheckTimes, clock: Clock, told: (result: CheckResult) => void = () => undefined) {
    this.#check = check;
    this.#told = told;
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

  /** Something else speaks against the verdict: tries at once, and more often for a while. */
  doubt(): void {
    const nowMs = this.#clock.nowMs();
    const isNew = nowMs >= this.#doubtedUntilMs;
    this.#doubtedUntilMs = nowMs + DOUBT_MS;
    if (!isNew || this.#isTrying || this.#isClosed) return;
    this.#cancel();
    void this.#tryOnce();
  }

  close(): void {
    this.#isClosed = true;
    this.#cancel();
    this.#check.close();
  }

  async #tryOnce(): Promise<void> {
    this.#isTrying = true;
    const result = await this.#check.run(this.#times.timeoutMs);
    this.#isTrying = false;
    if (this.#isClosed) return;
    this.#last = result;
    this.#state = afterResult(this.#state, result.ok, this.#times);
    this.#told(result);
    this.#cancel = this.#clock.after(this.#pauseMs(result.ok), () => void this.#tryOnce());
  }

  #pauseMs(ok: boolean): number {
    const { intervalMs, inDoubtMs = intervalMs } = this.#times;
    const isDoubted = this.#clock.nowMs() < this.#doubtedUntilMs || ok !== (this.#state.health === "up");
    return isDoubted ? inDoubtMs : intervalMs;
  }
}
