import { afterProbe } from "../core/observation.ts";
import type { Timing } from "../core/timing.ts";
import type { ProbeView } from "../core/view.ts";
import type { Clock } from "../lib/clock.ts";
import { isAnswered } from "../lib/patience.ts";
import type { ProbeResult, Service } from "../services/service.ts";

/** So much later than we the driver gives a question up: time in which we did not run is not held against who was asked. */
const LONGER = 2;

/** Questions to the primary's service, from here: each may get lost, so several may be under way at a time. */
export class Questions {
  readonly #service: Service;
  readonly #clock: Clock;
  readonly #timing: Timing;
  readonly #failed: () => void;
  #asking = 0;
  #askedAtMs = -Infinity;
  #last: ProbeView | null = null;

  /** `failed` is called after each one that was not answered. */
  constructor(service: Service, clock: Clock, timing: Timing, failed: () => void) {
    this.#service = service;
    this.#clock = clock;
    this.#timing = timing;
    this.#failed = failed;
  }

  /** What came of the newest one that came to anything. */
  get last(): ProbeView | null {
    return this.#last;
  }

  /** Asks, unless `most` questions are under way or the last one was asked just now. */
  ask(member: string, most: number): void {
    const nowMs = this.#clock.nowMs();
    if (this.#asking >= most || (this.#asking > 0 && nowMs - this.#askedAtMs < this.#timing.askMs)) return;
    this.#asking++;
    this.#askedAtMs = nowMs;
    void this.#ask(member, nowMs);
  }

  async #ask(member: string, askedAtMs: number): Promise<void> {
    const result = await this.#answerOf(member);
    this.#asking--;
    this.#last = afterProbe(this.#last, member, result, askedAtMs);
    if (result !== "answered") this.#failed();
  }

  async #answerOf(member: string): Promise<ProbeResult> {
    const { probeMs } = this.#timing;
    const answer = this.#service.probe(member, LONGER * probeMs).catch(() => "silent" as const);
    return (await isAnswered(answer, probeMs, this.#clock)) ? answer : "silent";
  }
}
