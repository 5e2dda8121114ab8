import { sleep, type Clock } from "../../lib/clock.ts";
import { Failure, UserError } from "../../lib/failure.ts";
import { sendSignal } from "../../host/processes.ts";
import type { GuardTarget } from "../../services/service.ts";
import type { Guard, GuardState } from "../guard.ts";
import { GuardLine } from "./guard-line.ts";
import type { GuardAnswer } from "./protocol.ts";
import { connectOrStart, guardProcesses } from "./start-guard.ts";

/** Between attempts to start a guard that does not start. */
const AGAIN_MS = 200;
/** The same, when it is opened. */
const LOOK_MS = 20;

export interface ProcessGuardOptions {
  /** Where the guard keeps its socket and its log; one guard per directory. */
  readonly directory: string;
  readonly clock: Clock;
}

/** For how long opening is tried: a guard that is found may be just about to end. */
const OPEN_MS = 3000;

/**
 * Connects to the guard of `directory`, or starts it. Rejects when that does not succeed within some
 * seconds; later a guard that is lost is started again, and told what it had been told before.
 */
export async function openProcessGuard(options: ProcessGuardOptions): Promise<Guard> {
  const { clock } = options;
  const endAtMs = clock.nowMs() + OPEN_MS;
  for (;;) {
    const guard = new ProcessGuard(options);
    try {
      await guard.connect();
      return guard;
    } catch (error) {
      await guard.close(false);
      if (error instanceof UserError || clock.nowMs() > endAtMs) throw error;
      await sleep(clock, LOOK_MS);
    }
  }
}

interface Wish {
  readonly untilMs: number;
  readonly target: GuardTarget;
}

class ProcessGuard implements Guard {
  readonly kind = "process";
  readonly #options: ProcessGuardOptions;
  readonly #bells: (() => void)[] = [];
  /** What this agent wants guarded: told again to a guard that was started anew. */
  readonly #wishes = new Map<string, Wish>();
  #line: GuardLine | null = null;
  /** `null` while the guard is lost. */
  #known: GuardAnswer | null = null;
  #isReturning = false;
  #isClosed = false;

  constructor(options: ProcessGuardOptions) {
    this.#options = options;
  }

  async connect(): Promise<void> {
    const line = new GuardLine(await connectOrStart(this.#options.directory), {
      heard: (answer) => this.#heard(line, answer),
      silent: () => void this.#replace(line),
      closed: () => this.#lost(line),
    });
    if (this.#isClosed) return line.end();
    this.#line = line;
    const { states } = await line.ask({ do: "hello" });
    await this.#remind(line, states);
    this.#known = await line.ask({ do: "hello" });
  }

  async arm(group: string, untilMs: number, target: GuardTarget): Promise<void> {
    this.#wish(group, untilMs, target);
    await this.#reachable().ask({ do: "arm", group, untilMs, ...target });
  }

  admit(): void {
    return; // It has no doors.
  }

  async disarm(group: string): Promise<void> {
    this.#wishes.delete(group);
    await this.#reachable().ask({ do: "disarm", group });
  }

  state(group: string): GuardState {
    if (this.#known === null) return { state: "lost" };
    return this.#known.states[group] ?? { state: "idle" };
  }

  onChange(then: () => void): void {
    this.#bells.push(then);
  }

  async close(end: boolean): Promise<void> {
    this.#isClosed = true;
    if (end) await this.#line?.ask({ do: "end" }).catch(() => undefined);
    this.#line?.end();
  }

  /** As the guard itself does it: an end that has passed is not moved any more. */
  #wish(group: string, untilMs: number, target: GuardTarget): void {
    const before = this.#wishes.get(group);
    if (before && before.untilMs <= this.#options.clock.nowMs()) return;
    this.#wishes.set(group, { untilMs: Math.max(before?.untilMs ?? 0, untilMs), target });
  }

  #reachable(): GuardLine {
    if (this.#line === null || this.#known === null)
      throw new Failure("The guard cannot be reached; it is being restarted");
    return this.#line;
  }

  #heard(line: GuardLine, answer: GuardAnswer): void {
    if (line !== this.#line || this.#known === null) return;
    this.#known = answer;
    if (answer.seq === 0) this.#ring();
  }

  /** A new guard knows nothing. What it is told here prolongs nothing: the ends are those of before. */
  async #remind(line: GuardLine, states: GuardAnswer["states"]): Promise<void> {
    for (const [group, { untilMs, target }] of this.#wishes) {
      if (states[group] !== undefined) continue;
      await line.ask({ do: "arm", group, untilMs, ...target }).catch(() => undefined);
    }
  }

  /** A guard that does not answer cannot be asked to go: it is ended for good, and another one started. */
  async #replace(line: GuardLine): Promise<void> {
    if (line === this.#line) this.#forget();
    for (const pid of await guardProcesses(this.#options.directory)) sendSignal(pid, "SIGKILL");
    line.end();
  }

  #lost(line: GuardLine): void {
    if (line !== this.#line || this.#isClosed) return;
    this.#line = null;
    this.#forget();
    void this.#return();
  }

  #forget(): void {
    const wasKnown = this.#known !== null;
    this.#known = null;
    if (wasKnown) this.#ring();
  }

  async #return(): Promise<void> {
    if (this.#isReturning) return;
    this.#isReturning = true;
    while (!this.#isClosed && this.#known === null)
      await this.connect().catch(() => sleep(this.#options.clock, AGAIN_MS));
    this.#isReturning = false;
    if (!this.#isClosed) this.#ring();
  }

  #ring(): void {
    for (const bell of this.#bells) bell();
  }
}
