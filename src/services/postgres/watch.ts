import type { Clock } from "../../lib/clock.ts";
import type { Timing } from "../../core/timing.ts";
import { Connection } from "./connection.ts";
import { ownLogin, ownSocket, type Place } from "./instance.ts";
import { isAnswered } from "../../lib/patience.ts";
import { probe } from "./probe.ts";
import { readServerState, type ServerState } from "./server-state.ts";

/** What came of asking the server for its state. */
export type Answer =
  | { readonly kind: "state"; readonly state: ServerState }
  /** It could not be asked, or the session ended. */
  | { readonly kind: "error"; readonly error: unknown }
  /** No answer within the time after which a server counts as hung. */
  | { readonly kind: "silent" };

/** How often a new connection is tried besides the one that is open: a main process that hangs does not disturb that one. */
const FRESH_EVERY_MS = 1000;

/** What has not been answered by then is asked anew. */
const FRESH_ENDS_MS = 10_000;

interface Question {
  readonly answer: Promise<Answer>;
  isSettled: boolean;
}

/** Asks a server for its state over a session that stays open, and notices when it no longer answers, or not to new ones. */
export class Watch {
  readonly connection: Connection;
  readonly #place: Place;
  readonly #clock: Clock;
  readonly #timing: Timing;
  readonly #ring: () => void;
  #question: Question | null = null;
  #isSilent = false;
  #fresh: "answered" | "asking" | "silent" = "answered";
  #freshAtMs = -Infinity;

  constructor(place: Place, clock: Clock, timing: Timing, ring: () => void) {
    this.#place = place;
    this.#clock = clock;
    this.#timing = timing;
    this.#ring = ring;
    this.connection = new Connection(ownLogin(place), clock, ring);
  }

  /**
   * The server's state. It is waited for until the server counts as hung; once it does, a look costs no
   * more time, and the late answer rings.
   */
  async ask(): Promise<Answer> {
    const question = this.#asked();
    if (!question.isSettled) await isAnswered(question.answer, this.#isSilent ? 1 : this.#timing.hungMs, this.#clock);
    this.#isSilent = !question.isSettled;
    if (this.#isSilent) return { kind: "silent" };
    this.#question = null;
    const answer = await question.answer;
    if (answer.kind === "state") this.#askFresh();
    return this.#fresh === "silent" && answer.kind === "state" ? { kind: "silent" } : answer;
  }

  close(): void {
    this.#question = null;
    this.connection.close();
  }

  #asked(): Question {
    if (this.#question !== null) return this.#question;
    const answer = readServerState(this.connection, null).then(
      (state): Answer => ({ kind: "state", state }),
      (error: unknown): Answer => ({ kind: "error", error }),
    );
    const question: Question = { answer, isSettled: false };
    void answer.then(() => {
      question.isSettled = true;
      if (this.#isSilent) this.#ring();
    });
    this.#question = question;
    return question;
  }

  #askFresh(): void {
    if (this.#fresh !== "answered" || this.#clock.nowMs() - this.#freshAtMs < FRESH_EVERY_MS) return;
    this.#fresh = "asking";
    void this.#freshly();
  }

  async #freshly(): Promise<void> {
    const answer = probe({ path: ownSocket(this.#place) }, FRESH_ENDS_MS, this.#clock);
    if (!(await isAnswered(answer, this.#timing.hungMs, this.#clock))) {
      this.#fresh = "silent";
      this.#ring();
      if ((await answer) === "silent") return this.#freshly();
      this.#ring();
    }
    this.#fresh = "answered";
    this.#freshAtMs = this.#clock.nowMs();
  }
}
