import { Failure } from "../../src/lib/failure.ts";
import { RelayHandle } from "./relay/relay-handle.ts";
import { rulesOf, type Traffic } from "./rules.ts";
import { inNamespace, system } from "./system.ts";

/** A network for documentation and tests; it exists in the namespaces only. */
const NETWORK = "198.51.100";

/** How a namespace begins: version 6 would talk by itself, and a bridge's spanning tree would wait. */
const QUIET =
  "echo 1 > /proc/sys/net/ipv6/conf/all/disable_ipv6; echo 1 > /proc/sys/net/ipv6/conf/default/disable_ipv6";

/** From whom to whom: names of hosts; left out: all. */
export interface Way {
  readonly from?: string;
  readonly to?: string;
}

/**
 * A switch, in a namespace of its own, to which hosts are connected. It can lose, delay and refuse what passes it. Whatever
 * it does, it does to frames: neither side is told, and no address resolution gets through where nothing else does.
 */
export class Network {
  readonly namespace: string;
  readonly #run: string;
  readonly #ports: Record<string, string> = {};
  readonly #silent = new Set<string>();
  readonly #cuts = new Set<string>();
  readonly #lossPercent: Record<string, number> = {};
  readonly #largestBytes: Record<string, number> = {};
  readonly #relays = new Map<string, RelayHandle>();

  constructor(run: string) {
    this.#run = run;
    this.namespace = `${run}-switch`;
    system("ip", ["netns", "add", this.namespace]);
    inNamespace(this.namespace, "sh", [
      "-ec",
      `${QUIET}; ip link add switch type bridge forward_delay 0 mcast_snooping 0; ip link set switch up`,
    ]);
  }

  /** The address of the host that joined as the `index`th, from 0 on. */
  static addressOf(index: number): string {
    return `${NETWORK}.${index + 1}`;
  }

  /** Makes a host's namespace and connects it. The hardware's address is that of the host's number, whenever it is made. */
  plugIn(host: string, index: number, namespace: string): void {
    const mac = `02:00:00:00:00:${(index + 1).toString(16).padStart(2, "0")}`;
    system("ip", ["netns", "add", namespace]);
    system("ip", [
      "-n",
      this.namespace,
      "link",
      "add",
      "name",
      host,
      "type",
      "veth",
      "peer",
      "name",
      "eth0",
      "netns",
      namespace,
    ]);
    const up = `ip addr add ${Network.addressOf(index)}/24 dev eth0; ip link set lo up; ip link set eth0 address ${mac} up`;
    inNamespace(namespace, "sh", ["-ec", `${QUIET}; ${up}`]);
    system("ip", ["-n", this.namespace, "link", "set", "dev", host, "master", "switch", "up"]);
    this.#ports[host] = host;
  }

  /** Takes a host's cable away, and with it everything that is on its way to or from it. */
  unplug(host: string, namespace: string): void {
    this.removeDelay(host);
    system("ip", ["-n", this.namespace, "link", "delete", "dev", host]);
    system("ip", ["netns", "delete", namespace]);
  }

  /** From now on nothing comes from a host and nothing goes to it, or everything again. */
  setSilent(host: string, isSilent: boolean): void {
    if (isSilent) this.#silent.add(host);
    else this.#silent.delete(host);
    this.#apply();
  }

  /** Nothing goes this way any more; the other way is left alone. */
  cut(way: Way): void {
    for (const pair of this.#pairsOf(way)) this.#cuts.add(pair);
    this.#apply();
  }

  /** Undoes {@link cut} for this way; without one, for all. */
  mend(way: Way = {}): void {
    for (const pair of this.#pairsOf(way)) this.#cuts.delete(pair);
    this.#apply();
  }

  /** Of the frames of a host this percentage is lost from now on, each way. */
  setLoss(host: string, percent: number): void {
    if (!(percent >= 0 && percent <= 100)) throw new Failure(`${percent} % cannot be lost: it is 0 to 100.`);
    this.#lossPercent[host] = percent;
    this.#apply();
  }

  /** Packets of a host that are longer are lost without a word, each way, as where a path is narrower than its ends believe; `null`: none. */
  setLargest(host: string, bytes: number | null): void {
    if (bytes === null) delete this.#largestBytes[host];
    else this.#largestBytes[host] = bytes;
    this.#apply();
  }

  /**
   * So many bits a second to a host and from it; `null`: as many as the machine can. What is too much waits, up to 200 ms, and
   * is lost beyond.
   */
  setRate(host: string, namespace: string, bitsPerSecond: number | null): void {
    const burst = Math.max(16_000, Math.round((bitsPerSecond ?? 0) / 800));
    for (const [place, device] of [
      [this.namespace, host],
      [namespace, "eth0"],
    ] as const) {
      const what = ["-n", place, "qdisc"];
      if (bitsPerSecond !== null)
        system("tc", [
          ...what,
          "replace",
          "dev",
          device,
          "root",
          "tbf",
          "rate",
          `${bitsPerSecond}bit`,
          "burst",
          `${burst}b`,
          "latency",
          "200ms",
        ]);
      else if (system("tc", [...what, "show", "dev", device, "root"]).includes("tbf"))
        system("tc", [...what, "del", "dev", device, "root"]);
    }
  }

  /** Every frame of a host takes longer by `delayMs`, give or take up to `jitterMs`, each way. None overtakes another. */
  async setDelay(host: string, delayMs: number, jitterMs: number): Promise<void> {
    const relay = this.#relays.get(host);
    if (relay !== undefined) return relay.set(delayMs, jitterMs);
    const inserted = await RelayHandle.insert(this.#run, this.namespace, host, { delayMs, jitterMs });
    this.#relays.set(host, inserted);
    this.#ports[host] = inserted.port;
    this.#apply();
  }

  /** Takes the relay away that delays a host's frames, with its own cost. What is in it is lost. */
  removeDelay(host: string): void {
    this.#relays.get(host)?.remove();
    this.#relays.delete(host);
    this.#ports[host] = host;
    this.#apply();
  }

  #apply(): void {
    const traffic: Traffic = {
      ports: this.#ports,
      silent: this.#silent,
      cuts: this.#cuts,
      lossPercent: this.#lossPercent,
      largestBytes: this.#largestBytes,
    };
    inNamespace(this.namespace, "nft", ["-f", "-"], rulesOf(traffic));
  }

  #pairsOf({ from, to }: Way): readonly string[] {
    const hosts = Object.keys(this.#ports);
    const unknown = [from, to].find((name) => name !== undefined && !hosts.includes(name));
    if (unknown !== undefined) throw new Failure(`There is no host "${unknown}".`);
    const these = (name: string | undefined): readonly string[] => (name === undefined ? hosts : [name]);
    return these(from).flatMap((a) => these(to).flatMap((b) => (a === b ? [] : [`${a}>${b}`])));
  }
}
