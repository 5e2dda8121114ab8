import { chmodSync, mkdirSync } from "node:fs";
import { constants } from "node:os";
import { join } from "node:path";
import { invariant } from "../../src/lib/failure.ts";
import { SmallDisk } from "../e2e/small-disk.ts";
import { Host } from "./host.ts";
import { Network } from "./network.ts";
import { beginRun, removeLeftovers, removeRun, type Run } from "./runs.ts";

/** Names of network devices have room for 15 characters, and we put something behind these. */
const NAME = /^[a-z][a-z0-9]{0,7}$/;
const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

export interface LanOptions {
  /** Each host gets a disk of this size for its directory, e.g. `64m`, in memory; left out: they share the machine's. */
  readonly diskSize?: string;
}

/**
 * Some hosts on a network of their own. Nothing of it outlives {@link end}, nor this process, however that ends: what a
 * SIGKILL leaves is removed when somebody makes hosts again.
 */
export class Lan {
  readonly network: Network;
  readonly hosts: Readonly<Record<string, Host>>;
  /** What there is of it on the machine. */
  readonly run: Run;
  readonly #removeAtExit = (): void => this.end();
  readonly #removeAtSignal = (signal: NodeJS.Signals): void => {
    this.end();
    process.exit(128 + constants.signals[signal]);
  };
  readonly #disks: SmallDisk[] = [];
  #hasEnded = false;

  /** Makes the hosts and turns them on. Throws a {@link Failure} of what the system refuses, and leaves nothing then. */
  constructor(names: readonly string[], { diskSize }: LanOptions = {}) {
    invariant(
      names.every((name) => NAME.test(name)),
      `hosts have names of up to 8 letters and digits: ${names.join()}`,
    );
    removeLeftovers();
    this.run = beginRun();
    process.on("exit", this.#removeAtExit);
    for (const signal of SIGNALS) process.on(signal, this.#removeAtSignal);
    try {
      this.network = new Network(this.run.name);
      this.hosts = Object.fromEntries(names.map((name, index) => [name, this.#make(name, index, diskSize)]));
    } catch (error) {
      this.end();
      throw error;
    }
  }

  /** The host of this name. */
  host(name: string): Host {
    const host = this.hosts[name];
    invariant(host !== undefined, `there is no host "${name}"`);
    return host;
  }

  /** Ends everything on all hosts and removes them, with their files. The second time it does nothing. */
  end(): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    process.off("exit", this.#removeAtExit);
    for (const signal of SIGNALS) process.off(signal, this.#removeAtSignal);
    for (const disk of this.#disks) disk.remove();
    removeRun(this.run);
  }

  [Symbol.dispose](): void {
    this.end();
  }

  #make(name: string, index: number, diskSize: string | undefined): Host {
    const directory = join(this.run.directory, name);
    mkdirSync(directory);
    chmodSync(directory, 0o711);
    const disk = diskSize === undefined ? null : SmallDisk.at(directory, diskSize);
    if (disk !== null) this.#disks.push(disk);
    const clockDirectory = join(this.run.directory, `${name}-clock`);
    mkdirSync(clockDirectory);
    const { network, run } = this;
    const host = new Host({ run: run.name, name, index, directory, clockDirectory, network, disk });
    host.powerOn();
    return host;
  }
}
