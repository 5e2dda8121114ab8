import type { Copy } from "../core/commit-rule.ts";
import type { Server } from "./server.ts";
import { mayFollow, type Entry } from "./wal.ts";

/** What a server knows of a standby that it supplies. */
export interface Sender extends Copy {
  readonly term: number;
  /** As many entries the standby has said that it has on disk. */
  flushed: number;
  readonly stream: Stream;
}

/** A standby asks to be supplied by the server of `from`; refused, or unanswered, it tries again later. */
export function connect(standby: Server, to: { readonly from: string; readonly term: number }): void {
  const { world } = standby;
  const upstream = world.server(to.from);
  const process = standby.process;
  if (upstream === undefined || process === null) return;
  const mine = standby.disk.log.length;
  world.network.send(standby.host.name, upstream.host.name, () =>
    upstream.process?.enter(() => {
      const serves = upstream.role === "primary" || upstream.role === "standby";
      const { log, flushed, timelines } = upstream.disk;
      if (!serves || !mayFollow(mine, standby.disk.timelines, Math.min(flushed, log.length), timelines)) return;
      world.network.send(upstream.host.name, standby.host.name, () =>
        process.enter(() => {
          const isWanted = standby.upstream === to && standby.stream === null && standby.disk.log.length === mine;
          if (!isWanted || upstream.process === null || upstream.role === "stopping") return;
          standby.stream = new Stream(standby, upstream, to.term);
          world.ring(standby.member);
          world.ring(upstream.member);
        }),
      );
    }),
  );
}

/** One connection by which a server supplies a standby. */
export class Stream {
  readonly #id: number;
  readonly standby: Server;
  readonly upstream: Server;
  /** Its parts: what the upstream sends, what the standby answers, and that it ends. */
  readonly #names: Readonly<Record<"down" | "up" | "end", string>>;
  readonly sender: Sender;
  /** As many entries the upstream was heard to have. */
  heard: number;
  #sent: number;
  #isBroken = false;

  constructor(standby: Server, upstream: Server, term: number) {
    this.#id = standby.world.newId();
    this.standby = standby;
    this.upstream = upstream;
    const name = `${standby.world.name}/${this.#id}`;
    this.#names = { down: `${name}/down`, up: `${name}/up`, end: `${name}/end` };
    this.#sent = standby.disk.log.length;
    this.heard = upstream.disk.flushed;
    this.sender = { ...standby.copy, term, flushed: standby.disk.flushed, stream: this };
    upstream.senders.set(this.#id, this.sender);
    upstream.release();
    this.ship();
  }

  get term(): number {
    return this.sender.term;
  }

  /** Sends what is on the upstream's disk and was not sent yet. */
  ship(): void {
    const { upstream, standby } = this;
    const from = this.#sent;
    if (this.#isBroken || from >= upstream.disk.flushed) return;
    const entries = upstream.disk.log.slice(from, upstream.disk.flushed);
    if (entries.length === 0) return;
    this.#sent = upstream.disk.flushed;
    upstream.world.network.stream(
      this.#names.down,
      upstream.host.name,
      standby.host.name,
      () => this.#isBroken || standby.process?.enter(() => this.#take(from, entries)),
      () => this.breakOff(),
    );
  }

  #take(from: number, entries: readonly Entry[]): void {
    this.heard = Math.max(this.heard, from + entries.length);
    this.standby.take(this, from, entries);
  }

  /** Tells the upstream what is on the standby's disk. What was said arrives, also after the end of the process that said it. */
  acknowledge(flushed: number): void {
    const { upstream, standby } = this;
    if (this.#isBroken) return;
    upstream.world.network.stream(
      this.#names.up,
      standby.host.name,
      upstream.host.name,
      () =>
        upstream.process?.enter(() => {
          if (!upstream.senders.has(this.#id)) return;
          this.sender.flushed = Math.max(this.sender.flushed, flushed);
          upstream.release();
        }),
      () => this.breakOff(),
    );
  }

  /** The connection ends. Each side notices when it can: at once, or, across a cut or from a host without power, by silence. */
  breakOff(): void {
    if (this.#isBroken) return;
    this.#isBroken = true;
    this.#notice(this.upstream, this.standby, () => this.upstream.senders.delete(this.#id));
    this.#notice(this.standby, this.upstream, () => {
      if (this.standby.stream === this) this.standby.stream = null;
    });
  }

  #notice(side: Server, other: Server, then: () => void): void {
    const { world } = side;
    const hears = other.host.isUp && world.network.passes(other.host.name, side.host.name);
    const process = side.process;
    if (process === null) return;
    const noticed = (): void => {
      then();
      world.ring(side.member);
    };
    if (hears)
      world.network.stream(
        this.#names.end,
        other.host.name,
        side.host.name,
        () => process.enter(noticed),
        () => process.enter(noticed),
      );
    else process.clock.after(SILENT_MS, noticed);
  }
}

/** A peer that says nothing for so long is given up. */
const SILENT_MS = 5000;
