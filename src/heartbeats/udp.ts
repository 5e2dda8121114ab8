import { Worker } from "node:worker_threads";
import type { Address } from "../config/config.ts";
import type { Heard } from "../core/heard.ts";
import type { Promised } from "../core/promise.ts";
import type { Timing } from "../core/timing.ts";
import type { Clock } from "../lib/clock.ts";
import { Bug, messageOf } from "../lib/failure.ts";
import { NONE_DROPPED, type Dropped, type Heartbeats } from "./heartbeats.ts";
import { StrangePackets } from "./strange-packets.ts";
import type { Beginning, Order, Report } from "./udp-message.ts";

/** What heartbeats by UDP are made with. */
export interface UdpOptions {
  readonly cluster: string;
  readonly me: string;
  /** Of all nodes, this one included, by their names. */
  readonly addresses: Readonly<Record<string, Address>>;
  readonly key: Buffer;
  readonly timing: Timing;
  readonly clock: Clock;
}

/** A thread that is stuck does not end; after that long `close` leaves it behind. */
const CLOSE_MS = 300;

/**
 * Heartbeats by UDP, from a thread of their own that nothing the agent does can delay. The agent gives the thread signs of
 * life, and each heartbeat says how old the last one is: an agent that hangs does not look alive for ever. Does not keep the process alive.
 */
export class UdpHeartbeats implements Heartbeats {
  readonly #thread: Worker;
  readonly #ended: Promise<void>;
  readonly #signing: NodeJS.Timeout;
  readonly #bells: (() => void)[] = [];
  readonly #asked = new Set<string>();
  readonly #strange = new StrangePackets();
  readonly #clock: Clock;
  #said: string | null = null;
  #report: Report = { heard: {}, dropped: NONE_DROPPED, problem: null, hasChanged: false };

  constructor({ cluster, me, addresses, key, timing, clock }: UdpOptions) {
    this.#clock = clock;
    const { [me]: own, ...peers } = addresses;
    if (own === undefined) throw new Bug(`"${me}" has no address for heartbeats`);
    const sign = new SharedArrayBuffer(8);
    const signs = new BigInt64Array(sign);
    const giveSign = (): void => void Atomics.store(signs, 0, BigInt(Math.round(clock.nowMs() * 1000)));
    giveSign();
    this.#signing = setInterval(giveSign, timing.heartbeatMs).unref();
    const beginning: Beginning = { cluster, me, own, peers, key, timing, sign };
    this.#thread = new Worker(new URL("./udp-worker.ts", import.meta.url), {
      workerData: beginning,
      resourceLimits: { maxOldGenerationSizeMb: 16, maxYoungGenerationSizeMb: 1, stackSizeMb: 1 },
    });
    this.#ended = new Promise((resolve) => this.#thread.once("exit", () => resolve()));
    this.#thread.on("message", (report: Report) => this.#hear(report));
    this.#thread.on("error", (error) => {
      throw new Bug(`The thread of the heartbeats broke: ${messageOf(error)}`, { cause: error });
    });
    this.#thread.unref();
  }

  get heard(): Readonly<Record<string, Heard>> {
    return this.#report.heard;
  }

  get dropped(): Readonly<Record<Dropped, number>> {
    return this.#report.dropped;
  }

  get problem(): string | null {
    return this.#report.problem ?? this.#strange.problem(this.#clock.nowMs());
  }

  say(session: string): void {
    if (session !== this.#said) this.#send({ say: session });
    this.#said = session;
  }

  ask(group: string, term: number | null): void {
    if (term !== null || this.#asked.has(group)) this.#send({ ask: group, term });
    if (term === null) this.#asked.delete(group);
    else this.#asked.add(group);
  }

  promise(promised: Promised): void {
    this.#send({ promise: promised });
  }

  onChange(then: () => void): void {
    this.#bells.push(then);
  }

  async close(): Promise<void> {
    clearInterval(this.#signing);
    this.#send({ close: true });
    let cancel = (): void => undefined;
    const late = new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, CLOSE_MS);
      cancel = () => clearTimeout(timer);
    });
    await Promise.race([this.#ended, late]);
    cancel();
    void this.#thread.terminate();
  }

  #hear(report: Report): void {
    this.#report = report;
    this.#strange.count(report.dropped, this.#clock.nowMs());
    if (report.hasChanged) for (const then of this.#bells) then();
  }

  #send(order: Order): void {
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- that is for windows, this is a thread
    this.#thread.postMessage(order);
  }
}
