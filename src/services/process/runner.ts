import { processesOf } from "../../host/belonging.ts";
import { writeDurably } from "../../host/durable-file.ts";
import { Failure, messageOf } from "../../lib/failure.ts";
import { sleep } from "../../lib/clock.ts";
import type { GuardTarget, Progress } from "../service.ts";
import { BackOff } from "./back-off.ts";
import { tell } from "./commands.ts";
import type { Role } from "./environment.ts";
import { LifeFile, seenIn, type Life } from "./life.ts";
import type { Launcher } from "./launcher.ts";
import { roleFile, type Place } from "./place.ts";
import { untilReady } from "./ready.ts";

const LOOK_MS = 10;
const TOLD_MS = 500;
/** Between looks at a process that is not our child; some microseconds each. */
const WATCH_MS = 20;
/** A former primary that was demoted, not ended, is started as a standby by then; or nobody wants it any more. */
const PARKED_MS = 5000;

/** Starts, changes and ends the process, and remembers on disk which one it is. */
export class Runner {
  readonly #place: Place;
  readonly #launcher: Launcher;
  readonly #file: LifeFile;
  readonly #backOff = new BackOff();
  #ended: () => void = () => undefined;
  /** Resolves once the system has told of the end of our child. */
  #exit: Promise<void> = Promise.resolve();
  /** It was told to end: then that is no sign against it. */
  #isEndWanted = false;
  #life: Life | null = null;
  #isKnownGone = false;
  #isParked = false;
  #isClosed = false;
  #problem: string | null = null;

  constructor(place: Place, launcher: Launcher) {
    this.#place = place;
    this.#launcher = launcher;
    this.#file = new LifeFile(place);
  }

  /** The last life that is known; it may be over. */
  get life(): Life | null {
    return this.#life;
  }

  /** It was demoted and is to be taken for stopped until it is started. */
  get isParked(): boolean {
    return this.#isParked;
  }

  /** Whether nothing of it lives: nothing was started since that was seen. */
  get isKnownGone(): boolean {
    return this.#isKnownGone;
  }

  /** Why it ended early, as long as that holds up its next start, or what else a person should know. */
  get problem(): string | null {
    return this.#backOff.pauseMs(this.#place.clock.nowMs()) > 0 ? this.#problem : this.#launcher.problem;
  }

  /** What belongs to it, and ends with it. */
  get belonging(): GuardTarget {
    return this.#launcher.belongingOf(this.#life);
  }

  onEnd(then: () => void): void {
    this.#ended = then;
  }

  /** Finds out what an earlier life of the agent has left running. */
  async recall(): Promise<void> {
    this.#life = await this.#file.read();
    this.#lookAfter();
  }

  lookForRemains(found: readonly number[]): readonly number[] {
    this.#isKnownGone = found.length === 0;
    return found;
  }

  /** Makes it run in `role`, whatever it is now, and resolves once it is ready for that. */
  async run(role: Role, progress: Progress, signal: AbortSignal): Promise<void> {
    const running = this.#running();
    if (running === null) await this.#startAnew(role, progress, signal);
    else if (running.role === role.role && this.#isFor(running, role)) this.#isParked = false;
    else if (this.#place.config.promote !== null && role.role === "primary") await this.#change(running, role);
    else {
      await this.stop().catch(() => this.kill());
      await this.#startAnew(role, progress, signal);
    }
    progress("waiting until it is ready");
    await untilReady(this.#place, role, () => this.#whyEnded(), signal);
    const life = this.#running();
    if (life === null) throw new Failure((await this.#whyEnded()) ?? "It has ended");
    await this.#note({ ...life, ...role, isSettled: true });
  }

  /** Rejects with a {@link Failure} while any of it lives. */
  async requireNone(): Promise<void> {
    const left = this.#living();
    if (left.length > 0) throw new Failure(`The processes ${left.join(", ")} of it still live`);
    await this.#forget();
  }

  /** Tells the process what it is to be by a file that it may read; a disk that is full for that holds up nothing else. */
  async tellRole(role: Role): Promise<void> {
    const { uid, gid } = this.#place.account;
    const owner = { uid, gid, mode: 0o644 };
    await writeDurably(roleFile(this.#place), JSON.stringify(role), owner).catch((error: unknown) => {
      if (!(error instanceof Failure)) throw error;
    });
  }

  /**
   * Asks it to end, or to be no primary any more; resolves when that is so. What it leaves behind is ended for good. Rejects with
   * a {@link Failure} when it does not end in time.
   */
  async stop(): Promise<void> {
    const { config, clock } = this.#place;
    const life = this.#running();
    if (life !== null && life.role === "primary" && config.demote !== null && (await this.#park(life))) return;
    this.#isParked = false;
    this.#isEndWanted = true;
    const untold = life === null ? "" : await this.#askToEnd(life);
    const endAtMs = clock.nowMs() + config.stopMs;
    while (this.#running() !== null) {
      if (clock.nowMs() > endAtMs)
        throw new Failure(`It has not ended within ${config.stopMs / 1000} s of being asked to${untold}`);
      await sleep(clock, LOOK_MS);
    }
    await this.#launcher.end(life, null);
    await this.#forget();
  }

  /** Ends all of it for good. */
  async kill(): Promise<void> {
    this.#isParked = false;
    this.#isEndWanted = true;
    await this.#launcher.end(this.#life, this.#running()?.pid ?? null);
    await this.#forget();
  }

  /** Lets go of it; it goes on, unless it was demoted and nobody wants it. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#launcher.close();
    if (this.#isParked) await this.kill().catch(() => undefined);
  }

  async #startAnew(role: Role, progress: Progress, signal: AbortSignal): Promise<void> {
    const { clock } = this.#place;
    await this.requireNone();
    for (let waitMs = this.#backOff.pauseMs(clock.nowMs()); waitMs > 0; waitMs = this.#backOff.pauseMs(clock.nowMs())) {
      progress(`it has ended early ${this.#backOff.ends} times; next start in ${Math.ceil(waitMs / 1000)} s`);
      if (signal.aborted) throw new Failure("It was told to stop before it was started");
      await sleep(clock, Math.min(waitMs, LOOK_MS * 10));
    }
    if (signal.aborted) throw new Failure("It was told to stop before it was started");
    this.#isKnownGone = false;
    await Promise.race([this.#exit, sleep(clock, TOLD_MS)]);
    const startedMs = clock.nowMs();
    this.#isEndWanted = false;
    const { life, ended } = await this.#launcher.launch(role, signal);
    this.#exit = ended.then((how) => {
      if (!this.#isEndWanted) this.#endedEarly(how, clock.nowMs() - startedMs);
      this.#ended();
    });
    await this.#note(life);
    if (!this.#launcher.tellsOfEnd) this.#lookAfter();
  }

  /** Why it could not be asked, for the message if it does not end; it may be ending all the same. */
  async #askToEnd(life: Life): Promise<string> {
    return this.#launcher.askToEnd(life).then(
      () => "",
      (error: unknown) => `: ${messageOf(error)}`,
    );
  }

  /** What is on its way to another role is settled in neither. */
  async #change(life: Life, role: Role): Promise<void> {
    const { promote, startMs } = this.#place.config;
    await this.#note({ ...life, ...role, isSettled: false });
    if (promote !== null) await tell(this.#place, life, promote, role, startMs);
  }

  /** `false`: it could not be demoted, and has to be ended. */
  async #park(life: Life): Promise<boolean> {
    const { config, clock } = this.#place;
    const role: Role = { role: "standby", term: life.term, primary: null };
    try {
      if (config.demote !== null) await tell(this.#place, life, config.demote, role, config.stopMs);
      await this.#note({ ...life, ...role, isSettled: true });
    } catch {
      return false;
    }
    this.#isParked = true;
    clock.after(PARKED_MS, () => this.#isParked && void this.kill().catch(() => undefined));
    return true;
  }

  /** Only its parent is told of the end of a process: one that was there before this agent has to be looked at. */
  #lookAfter(life: Life | null = this.#running()): void {
    if (life === null || this.#isClosed) return;
    this.#place.clock.after(WATCH_MS, () => {
      if (seenIn(life) !== null) this.#lookAfter(life);
      else if (!this.#isClosed) this.#ended();
    });
  }

  #isFor(life: Life, role: Role): boolean {
    return role.role === "standby" ? life.isSettled : life.term === role.term;
  }

  #running(): Life | null {
    return this.#life !== null && seenIn(this.#life) !== null ? this.#life : null;
  }

  #living(): readonly number[] {
    return this.lookForRemains(processesOf(this.belonging));
  }

  async #note(life: Life): Promise<void> {
    this.#life = life;
    await this.#file.write(life);
  }

  async #forget(): Promise<void> {
    this.#launcher.gone(this.#life);
    this.#life = null;
    await this.#file.clear();
  }

  #endedEarly(how: string, livedMs: number): void {
    this.#backOff.ended(livedMs, this.#place.clock.nowMs());
    this.#problem = `it ended ${how}`;
  }

  /** Why it will never be ready; `null`: it lives. */
  async #whyEnded(): Promise<string | null> {
    if (this.#running() !== null) return null;
    // That it is gone may be seen a moment before the system tells how it went.
    await Promise.race([this.#exit, sleep(this.#place.clock, TOLD_MS)]);
    const left = this.#living();
    const how = this.#problem ?? "it has ended";
    if (left.length > 0)
      return `It goes into the background: ${how} and left ${left.join(", ")} behind. Tell it to stay in the foreground`;
    return `${how[0]?.toUpperCase()}${how.slice(1)}${await this.#launcher.lastWords()}`;
  }
}
