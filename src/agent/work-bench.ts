import type { ServiceAction } from "../core/service-action.ts";
import type { WorkFailure, WorkView } from "../core/view.ts";
import type { Clock } from "../lib/clock.ts";
import { Bug, messageOf } from "../lib/failure.ts";
import type { Service } from "../services/service.ts";

/**
 * The long work on one service: started, not awaited, one at a time. Only ending the service for good
 * takes the place of what is under way.
 */
export class Workbench {
  readonly #service: Service;
  readonly #clock: Clock;
  readonly #ended: (work: WorkView, failure: WorkFailure | null) => void;
  #changes = 0;
  #current: WorkView | null = null;
  #progress: string | null = null;
  #done: WorkView | null = null;
  #failure: WorkFailure | null = null;
  #abandoned: WorkView | null = null;

  /** `ended` is called after each piece of work. */
  constructor(service: Service, clock: Clock, ended: (work: WorkView, failure: WorkFailure | null) => void) {
    this.#service = service;
    this.#clock = clock;
    this.#ended = ended;
  }

  /** Grows when work begins or ends: what was seen of the service before is out of date then. */
  get changes(): number {
    return this.#changes;
  }

  get current(): WorkView | null {
    return this.#current;
  }

  /** The work that ended well last. */
  get done(): WorkView | null {
    return this.#done;
  }

  get failure(): WorkFailure | null {
    return this.#failure;
  }

  /** For people: `clone 43 %`; `null` while nothing is under way. */
  get progress(): string | null {
    return this.#current === null ? null : (this.#progress ?? this.#current.action.do);
  }

  start(action: ServiceAction): void {
    const killing = action.do === "stop" && action.how === "kill";
    if (this.#current !== null && !killing)
      throw new Bug(`"${action.do}" was asked for while "${this.#current.action.do}" is under way`);
    const work: WorkView = { action, sinceMs: this.#clock.nowMs() };
    this.#current = work;
    this.#changes++;
    this.#progress = null;
    void this.#run(work);
  }

  /** Has the service break off what is under way, if it can: that is then no failure, and nothing waits because of it. */
  abandon(): void {
    this.#abandoned = this.#current;
    this.#service.abandon();
  }

  async #run(work: WorkView): Promise<void> {
    const failure = await this.#service
      .perform(work.action, (text) => this.#note(work, text))
      .then(() => null)
      .catch((error: unknown) => this.#failed(work, error));
    if (this.#current !== work) return;
    this.#current = null;
    this.#changes++;
    if (failure === null) this.#done = work;
    if (this.#abandoned !== work)
      this.#failure = failure ?? (this.#failure?.do === work.action.do ? null : this.#failure);
    this.#ended(work, failure);
  }

  #note(work: WorkView, text: string): void {
    if (this.#current === work) this.#progress = `${work.action.do}: ${text}`;
  }

  #failed(work: WorkView, error: unknown): WorkFailure {
    if (error instanceof Bug) throw error;
    const before = this.#failure?.do === work.action.do ? this.#failure.times : 0;
    return { do: work.action.do, because: messageOf(error), atMs: this.#clock.nowMs(), times: before + 1 };
  }
}
