import type { Cancel, Clock } from "../lib/clock.ts";

/**
 * Runs one thing again and again: regularly, and at once when the bell rings. Never twice at a time; what
 * rings meanwhile leads to one more run right after.
 */
export class Beat {
  readonly #clock: Clock;
  readonly #everyMs: number;
  readonly #run: () => Promise<void>;
  readonly #broken: (error: unknown) => void;
  #running: Promise<void> | null = null;
  #again = false;
  #inMs = 0;
  #dueAtMs = 0;
  #stopped = true;
  #timer: Cancel = () => undefined;

  constructor(clock: Clock, everyMs: number, run: () => Promise<void>, broken: (error: unknown) => void) {
    this.#clock = clock;
    this.#everyMs = everyMs;
    this.#run = run;
    this.#broken = broken;
  }

  start(): void {
    this.#stopped = false;
    this.ring();
  }

  ring(): void {
    if (this.#stopped) return;
    this.#again = true;
    this.#running ??= this.#loop();
  }

  /** Rings that soon, unless it rings before: what rings several times meanwhile leads to one run. */
  ringIn(ms: number): void {
    if (this.#stopped) return;
    if (this.#running !== null) this.#inMs = Math.min(this.#inMs, ms);
    else if (this.#clock.nowMs() + ms < this.#dueAtMs) this.#wait(ms);
  }

  /** Resolves once the run under way has ended; none follows. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#timer();
    await this.#running;
  }

  async #loop(): Promise<void> {
    this.#timer();
    try {
      while (this.#again && !this.#stopped) {
        this.#again = false;
        this.#inMs = this.#everyMs;
        await this.#run();
      }
    } catch (error) {
      this.#stopped = true;
      this.#broken(error);
    }
    this.#running = null;
    if (!this.#stopped) this.#wait(this.#inMs);
  }

  #wait(ms: number): void {
    this.#timer();
    this.#dueAtMs = this.#clock.nowMs() + ms;
    this.#timer = this.#clock.after(ms, () => this.ring());
  }
}
