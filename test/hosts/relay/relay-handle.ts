import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { Failure } from "../../../src/lib/failure.ts";
import { ControlGroup } from "../control-group.ts";
import { spawnIn } from "../spawn-in.ts";
import { system } from "../system.ts";

const PROCESS = fileURLToPath(new URL("relay-process.ts", import.meta.url));
const START_MS = 5000;

/** Opens two TAP devices, for which Node lacks the call, and becomes the program that is named behind them. */
const WITH_DEVICES = `
  $^F = 9;
  for (splice @ARGV, 0, 2) {
    open(my $device, "+<", "/dev/net/tun") or die "/dev/net/tun: $!";
    ioctl($device, 0x400454ca, pack("a16 S x22", $_, 0x1002)) or die "TUNSETIFF: $!";
    push @devices, $device;
  }
  exec @ARGV, map { fileno($_) } @devices;
`;

export interface Delay {
  readonly delayMs: number;
  readonly jitterMs: number;
}

/** The process that stands between a host and the switch, and the devices that go with it. */
export class RelayHandle {
  /** Where the host is connected to the switch now. */
  readonly port: string;
  readonly #namespace: string;
  readonly #host: string;
  readonly #child: ChildProcess;

  private constructor(namespace: string, host: string, child: ChildProcess) {
    this.#namespace = namespace;
    this.#host = host;
    this.#child = child;
    this.port = `${host}-way`;
  }

  /** Frames that pass while the relay is put in between are lost. */
  static async insert(run: string, namespace: string, host: string, delay: Delay): Promise<RelayHandle> {
    const [end, way, side] = [`${host}-end`, `${host}-way`, `${host}-side`];
    const perl = ["-e", WITH_DEVICES, end, way, process.execPath, "--max-semi-space-size=1", PROCESS];
    const group = new ControlGroup(run, "relays");
    // Before all others: on a busy machine a frame would wait for a processor, four times.
    const child = spawnIn({ group, namespace }, "chrt", ["--rr", "1", "perl", ...perl], {
      stdio: ["pipe", "pipe", "inherit"],
    });
    child.stdin?.on("error", () => undefined);
    const relay = new RelayHandle(namespace, host, child);
    try {
      await relay.set(delay.delayMs, delay.jitterMs);
      relay.#ip(
        `link add name ${side} type bridge forward_delay 0 mcast_snooping 0`,
        `link set dev ${side} up`,
        `link set dev ${way} master switch up`,
        `link set dev ${end} master ${side} up`,
        `link set dev ${host} master ${side}`,
      );
    } catch (error) {
      child.kill("SIGKILL");
      throw error;
    }
    return relay;
  }

  /** Rejects with a {@link Failure} when the relay does not say in time that it has understood. */
  async set(delayMs: number, jitterMs: number): Promise<void> {
    if (!(jitterMs >= 0 && delayMs >= jitterMs))
      throw new Failure(`A frame cannot take ${delayMs} ms give or take ${jitterMs} ms: the jitter is 0 to the delay.`);
    const { stdout, stdin } = this.#child;
    if (stdout === null) throw new Failure("The relay has no output.");
    const understood = once(stdout, "data", { signal: AbortSignal.timeout(START_MS) });
    stdin?.write(`${delayMs} ${jitterMs}\n`);
    await understood.catch(() => {
      throw new Failure(`The relay of "${this.#host}" does not answer within ${START_MS} ms.`);
    });
  }

  /** Connects the host to the switch itself again. */
  remove(): void {
    this.#ip(`link set dev ${this.#host} master switch`, `link delete dev ${this.#host}-side`);
    this.#child.kill("SIGKILL");
  }

  #ip(...lines: readonly string[]): void {
    system("ip", ["-n", this.#namespace, "-batch", "-"], `${lines.join("\n")}\n`);
  }
}
