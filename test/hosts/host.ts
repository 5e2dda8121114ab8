import type { ChildProcess, StdioOptions } from "node:child_process";
import { Failure } from "../../src/lib/failure.ts";
import type { SmallDisk } from "../e2e/small-disk.ts";
import { SkewedClock } from "./clock.ts";
import { ControlGroup } from "./control-group.ts";
import { Network } from "./network.ts";
import { spawnIn } from "./spawn-in.ts";

/** How to run a program on a host. */
export interface RunOptions {
  /** Added to our own environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** Default: root. */
  readonly user?: string;
  /** Default: the host's directory. */
  readonly cwd?: string;
  /** Default: no input, and output to ours. */
  readonly stdio?: StdioOptions;
}

/** What a host is made of; {@link Lan} makes it. */
export interface HostParts {
  readonly run: string;
  readonly name: string;
  readonly index: number;
  readonly directory: string;
  readonly clockDirectory: string;
  readonly network: Network;
  readonly disk: SmallDisk | null;
}

/**
 * A host: processes that live and die together, an address on the network, a directory that outlives a loss of power.
 *
 * What it is not: its own kernel. Power off loses nothing that was written but not synced to disk; a frozen one's TCP timers
 * go on; memory, processors and the disk's speed are shared with all others.
 */
export class Host {
  readonly name: string;
  readonly address: string;
  readonly directory: string;
  readonly #parts: HostParts;
  readonly #namespace: string;
  readonly #group: ControlGroup;
  readonly #clock: SkewedClock;
  #isOn = false;
  #isFrozen = false;

  /** It is off until {@link powerOn}. */
  constructor(parts: HostParts) {
    this.#parts = parts;
    this.name = parts.name;
    this.address = Network.addressOf(parts.index);
    this.directory = parts.directory;
    this.#namespace = `${parts.run}-${parts.name}`;
    this.#group = new ControlGroup(parts.run, parts.name);
    this.#clock = new SkewedClock(parts.clockDirectory);
  }

  get isOn(): boolean {
    return this.#isOn;
  }

  /** The processes that run on it. */
  get pids(): readonly number[] {
    return this.#group.pids;
  }

  /** Starts a program. Throws a {@link Failure} when the host is off. */
  run(program: string, args: readonly string[], options: RunOptions = {}): ChildProcess {
    if (!this.#isOn) throw new Failure(`"${program}" cannot run on "${this.name}": the host is off.`);
    const { user, cwd = this.directory, stdio = ["ignore", "inherit", "inherit"] } = options;
    const env = { ...process.env, ...this.#clock.environment(), ...options.env };
    const inside = { group: this.#group, namespace: this.#namespace, ...(user === undefined ? {} : { user }) };
    return spawnIn(inside, program, args, { cwd, env, stdio });
  }

  /** Connects it with nothing running on it. On a host that is on it does nothing. */
  powerOn(): void {
    if (this.#isOn) return;
    const { network, name, index } = this.#parts;
    network.plugIn(name, index, this.#namespace);
    network.setSilent(name, false);
    this.#isOn = true;
  }

  /**
   * From one moment to the next nothing comes from it any more, no reset and no farewell; then all of its processes end, and
   * its connections and everything else in its part of the kernel go. On a host that is off it does nothing.
   */
  powerOff(): void {
    if (!this.#isOn) return;
    const { network, name } = this.#parts;
    network.setSilent(name, true);
    this.#group.end();
    this.#group.thaw();
    network.unplug(name, this.#namespace);
    this.#isFrozen = false;
    this.#isOn = false;
  }

  /**
   * All of its processes stop where they are and it answers nothing, like a virtual machine that is held. With `kernelAnswers`
   * connections go on being acknowledged, as on a machine whose programs alone are starved.
   */
  freeze({ kernelAnswers = false } = {}): void {
    if (!kernelAnswers) this.#parts.network.setSilent(this.name, true);
    this.#group.freeze();
    this.#isFrozen = true;
  }

  thaw(): void {
    if (!this.#isFrozen) return;
    this.#group.thaw();
    this.#parts.network.setSilent(this.name, false);
    this.#isFrozen = false;
  }

  /** So many percent of its frames are lost, each way. */
  loss(percent: number): void {
    this.#parts.network.setLoss(this.name, percent);
  }

  /** Its packets that are longer than so many bytes are lost without a word, each way; `null`: none are. */
  narrow(bytes: number | null): void {
    this.#parts.network.setLargest(this.name, bytes);
  }

  /** So many bits a second, each way; `null`: no limit. */
  rate(bitsPerSecond: number | null): void {
    this.#parts.network.setRate(this.name, this.#namespace, bitsPerSecond);
  }

  /** Its frames take longer, each way, give or take `jitterMs`; 0 keeps the relay, {@link undelay} takes it away. */
  delay(delayMs: number, jitterMs = 0): Promise<void> {
    return this.#parts.network.setDelay(this.name, delayMs, jitterMs);
  }

  undelay(): void {
    this.#parts.network.removeDelay(this.name);
  }

  /** Fills its disk but for `leftBytes`. Throws a {@link Failure} unless it was given a disk of its own. */
  fillDisk(leftBytes = 0): void {
    this.#disk.fill(leftBytes);
  }

  /** Undoes {@link fillDisk}. */
  makeRoom(): void {
    this.#disk.makeRoom();
  }

  /** Its wall clock is off by so much: see {@link SkewedClock} for whom. */
  skewClock(ms: number): void {
    this.#clock.skew(ms);
  }

  get #disk(): SmallDisk {
    const { disk, name } = this.#parts;
    if (disk === null) throw new Failure(`The host "${name}" has no disk of its own: give the network a "diskSize".`);
    return disk;
  }
}
