import { join } from "node:path";
import { MARK } from "../../host/belonging.ts";
import { writeDurably } from "../../host/durable-file.ts";
import { endProcessesOf } from "../../host/processes.ts";
import { Failure, messageOf } from "../../lib/failure.ts";
import type { SystemdConfig } from "../../config/process-config.ts";
import { environmentOf, markOf, type Role } from "../process/environment.ts";
import type { Launched, Launcher } from "../process/launcher.ts";
import { seenIn, seenProcess, type Life } from "../process/life.ts";
import { workDirectory, type Place } from "../process/place.ts";
import type { GuardTarget } from "../service.ts";
import { directoryOfGroup } from "./control-group.ts";
import { writeDropIn } from "./drop-in.ts";
import { Permit } from "./permit.ts";
import type { Systemctl, UnitStatus } from "./systemctl.ts";
import { bootProblem, endOf, startProblem } from "./unit-problems.ts";

const KILL_MS = 5000;
/** Between looks at the main process; some microseconds each. */
const WATCH_MS = 20;
const TOLD_LINES = 4;

/** Has systemd start and end a unit. */
export class UnitLauncher implements Launcher {
  readonly tellsOfEnd = false;
  readonly #place: Place<SystemdConfig>;
  readonly #systemctl: Systemctl;
  readonly #permit: Permit;
  readonly #environmentFile: string;
  /** The unit's control group, as it was last told. */
  #controlGroup: string | null = null;
  /** The file that is added to the unit. */
  #dropIn = "";
  #problem: string | null = null;
  #isClosed = false;

  constructor(place: Place<SystemdConfig>, systemctl: Systemctl) {
    this.#place = place;
    this.#systemctl = systemctl;
    this.#permit = new Permit(place.memberDirectory);
    this.#environmentFile = join(place.memberDirectory, "unit.env");
  }

  get problem(): string | null {
    return this.#problem;
  }

  /** Takes the unit over from systemd, and sees what of it runs. What is wrong with it is told when it is to be started. */
  async takeOver(): Promise<void> {
    try {
      await this.#prepare();
      this.#note(await this.#systemctl.show());
    } catch (error) {
      this.#problem = messageOf(error);
    }
  }

  async launch(role: Role, signal: AbortSignal): Promise<Launched> {
    const { config, guardedUntilMs, clock } = this.#place;
    await this.#prepare();
    this.#requireUnit(await this.#systemctl.show());
    // What was permitted before was another role.
    await this.#permit.takeBack();
    await this.#writeEnvironment(role);
    await this.#permit.give(role.role === "standby" ? Infinity : guardedUntilMs(), clock);
    await this.#systemctl.forget().catch(() => undefined);
    await this.#systemctl.start(config.startMs, signal).catch((error: unknown) => this.#failed(error));
    const status = await this.#systemctl.show();
    this.#note(status);
    const startTime = seenProcess(status.mainPid)?.startTime;
    if (startTime === undefined) throw new Failure(await this.#noProcess(status));
    const life = { ...role, pid: status.mainPid, startTime, controlGroup: this.#controlGroup, isSettled: false };
    return { life, ended: this.#endOf(life) };
  }

  askToEnd(): Promise<void> {
    return this.#systemctl.stop();
  }

  /** A start that is under way has no permit any more, and is called off; one of the two is enough for it to begin nothing. */
  async end(life: Life | null, first: number | null): Promise<void> {
    const target = this.belongingOf(life);
    const off = Promise.allSettled([this.#permit.takeBack(), this.#systemctl.stop()]);
    await endProcessesOf(target, first, KILL_MS);
    const failed = (await off).filter((one) => one.status === "rejected").map(({ reason }) => messageOf(reason));
    await endProcessesOf(target, null, KILL_MS);
    if (failed.length > 1) throw new Failure(`It may still be started: ${failed.join("; ")}`);
    if (failed[0] !== undefined) this.#problem = failed[0];
  }

  gone(): void {
    this.#controlGroup = null;
  }

  belongingOf(life: Life | null): GuardTarget {
    const controlGroup = life?.controlGroup ?? this.#controlGroup;
    const own = { directory: workDirectory(this.#place), mark: markOf(this.#place) };
    return { ...own, ...(controlGroup !== null && { controlGroup }) };
  }

  close(): void {
    this.#isClosed = true;
  }

  async lastWords(): Promise<string> {
    const lines = await this.#systemctl.lastWords(TOLD_LINES);
    return lines.length === 0 ? "" : `: ${lines.join(" | ")}`;
  }

  async #prepare(): Promise<void> {
    const { config } = this.#place;
    const { question } = this.#permit;
    const parts = { config, environmentFile: this.#environmentFile, question };
    this.#dropIn = await writeDropIn(parts);
    const { needsReload, dropIns } = await this.#systemctl.show();
    if (needsReload || !dropIns.includes(this.#dropIn)) await this.#systemctl.reload();
  }

  #requireUnit(status: UnitStatus): void {
    this.#note(status);
    const problem = startProblem(this.#place.config, status, this.#dropIn);
    if (problem !== null) throw new Failure(problem);
  }

  #note(status: UnitStatus): void {
    this.#controlGroup = directoryOfGroup(status.controlGroup);
    this.#problem = bootProblem(this.#place.config, status);
  }

  /** What the unit's processes, and their children, are told, and known by. */
  async #writeEnvironment(role: Role): Promise<void> {
    const variables = { ...environmentOf(this.#place, role), [MARK]: markOf(this.#place) };
    const escaped = (text: string): string => text.replace(/[\\"$`]/g, (character) => `\\${character}`);
    const lines = Object.entries(variables).map(([name, value]) => `${name}="${escaped(value)}"\n`);
    await writeDurably(this.#environmentFile, lines.join(""), { mode: 0o600 });
  }

  async #failed(error: unknown): Promise<never> {
    const status = await this.#systemctl.show().catch(() => null);
    const how = status === null || status.result === "success" ? "" : ` It ended ${endOf(status)}`;
    throw new Failure(`${messageOf(error)}.${how}${await this.lastWords()}`);
  }

  async #noProcess(status: UnitStatus): Promise<string> {
    const { unit } = this.#place.config;
    if (status.active === "active")
      return `The unit "${unit}" has no main process, so nobody could see it end. Let it stay in the foreground, or give it a PIDFile`;
    return `It ended ${endOf(status)}${await this.lastWords()}`;
  }

  /** Resolves once the main process is gone, with what systemd says of that. */
  async #endOf(life: Life): Promise<string> {
    while (!this.#isClosed && seenIn(life) !== null)
      await new Promise<void>((resolve) => this.#place.clock.after(WATCH_MS, resolve));
    return this.#systemctl.show().then(endOf, () => "in a way that nobody can tell");
  }
}
