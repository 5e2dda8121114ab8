import { afterResult, UNDECIDED, type HealthState, type RiseFall } from "../core/health.ts";
import type { Cancel, Clock } from "../lib/clock.ts";
import { messageOf } from "../lib/failure.ts";
import type { Check, CheckResult } from "./check.ts";
import { believed, creditText, damped, UNDAMPED, type Damping } from "./damping.ts";

/** When a check is tried, and how many results change the verdict. */
export interface CheckTimes extends RiseFall {
  /** From the end of one try to the start of the next. */
  readonly intervalMs: number;
  readonly timeoutMs: number;
  /** The same while the last result speaks against the verdict, or somebody doubts it; default: `intervalMs`. */
  readonly inDoubtMs?: number;
  /** A good result that took longer is slow; `null`, or left out: none is. */
  readonly slowMs?: number | null;
  /** So many changes of the verdict within the window are believed (`damping.ts`); 0, or left out: all of them. */
  readonly flaps?: number;
}

/**
 * What is to be expected of what is checked. `answers`: good answers. `silence`: it does not run, so that bad ones are no flapping. `nothing`: it
 * stands by without running, and is not asked.
 */
export type Expectation = "answers" | "silence" | "nothing";

/** How long a doubt makes tries more frequent. */
const DOUBT_MS = 1000;

/** A check that is tried again and again until it is closed. */
export class ScheduledCheck {
  readonly #check: Check;
  readonly #times: CheckTimes;
  readonly #clock: Clock;
  #state: HealthState = UNDECIDED;
  #damping: Damping = UNDAMPED;
  #last: CheckResult | null = null;
  #cancel: Cancel = () => undefined;
  #isClosed = false;
  #isTrying = false;
  #doubtedUntilMs = 0;
  readonly #told: (result: CheckResult) => void;
  readonly #expected: () => Expectation;

  /** Begins at once. `told` hears every result. What is checked begins anew whenever it does not run. */
  constructor(
    check: Check,
    times: CheckTimes,
    clock: Clock,
    told: (result: CheckResult) => void = () => undefined,
    expected: () => Expectation = () => "answers",
  ) {
    this.#expected = expected;
    this.#check = check;
    this.#told = told;
    this.#times = times;
    this.#clock = clock;
    void this.#tryOnce();
  }

  get health(): HealthState["health"] {
    return believed(this.#damping);
  }

  /** The last result; `null` before the first. */
  get last(): CheckResult | null {
    return this.#last;
  }

  /** Whether the last result was good, and late. */
  get isSlow(): boolean {
    const { slowMs = null } = this.#times;
    return slowMs !== null && this.#last?.ok === true && this.#last.tookMs > slowMs;
  }

  /** What is left of its credit once it has changed its verdict, for a person; `null`: it has all of it. */
  get credit(): string | null {
    return creditText(this.#damping, this.#clock.nowMs(), this.#times.flaps ?? 0);
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
    if (this.#expected() === "nothing") return this.#rest();
    this.#isTrying = true;
    const result = await this.#result();
    this.#isTrying = false;
    if (this.#isClosed) return;
    this.#last = result;
    this.#state = afterResult(this.#state, result.ok, this.#times);
    this.#damp(result.ok);
    this.#told(result);
    this.#cancel = this.#clock.after(this.#pauseMs(result.ok), () => void this.#tryOnce());
  }

  #rest(): void {
    this.#last = null;
    this.#state = UNDECIDED;
    this.#damping = UNDAMPED;
    this.#cancel = this.#clock.after(this.#pauseMs(true), () => void this.#tryOnce());
  }

  /** A service that was stopped or started has not flapped. */
  #damp(ok: boolean): void {
    const { flaps = 0 } = this.#times;
    const verdict = this.#state.health;
    if (this.#expected() === "answers") this.#damping = damped(this.#damping, verdict, ok, this.#clock.nowMs(), flaps);
    else this.#damping = { ...UNDAMPED, verdict };
  }

  /** A check that throws, which none should, has a bad result. */
  async #result(): Promise<CheckResult> {
    try {
      return await this.#check.run(this.#times.timeoutMs);
    } catch (error) {
      return { ok: false, text: `the check itself failed: ${messageOf(error)}`, tookMs: 0 };
    }
  }

  #pauseMs(ok: boolean): number {
    const { intervalMs, inDoubtMs = intervalMs } = this.#times;
    const isDoubted = this.#clock.nowMs() < this.#doubtedUntilMs || ok !== (this.#state.health === "up");
    return alignedPauseMs(isDoubted ? inDoubtMs : intervalMs, this.#clock.nowMs());
  }
}

/**
 * A pause of about `pauseMs` that ends with those of other checks: to wake up for each of many checks costs as much as to try
 * it. Off by at most 1 %, and 10 ms.
 */
function alignedPauseMs(pauseMs: number, nowMs: number): number {
  const stepMs = Math.min(20, pauseMs / 50);
  return Math.round((nowMs + pauseMs) / stepMs) * stepMs - nowMs;
}
