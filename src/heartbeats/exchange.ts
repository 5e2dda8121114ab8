import {
  afterHeartbeat,
  afterOwnPause,
  afterRunning,
  hearingOf,
  leftMs,
  type Heard,
  type Hearing,
  type Told,
} from "../core/heard.ts";
import type { Timing } from "../core/timing.ts";
import type { Cancel, Clock } from "../lib/clock.ts";
import { NONE_DROPPED, type Dropped, type Heartbeat, type Heartbeats } from "./heartbeats.ts";

/** What an exchange is put together from. */
export interface ExchangeSetup {
  readonly me: string;
  /** The other nodes. */
  readonly peers: readonly string[];
  readonly clock: Clock;
  readonly timing: Timing;
  /** A random number for one life, 32 hexadecimal digits. */
  readonly newLife: () => string;
  /** Sends one heartbeat; it may get lost. */
  readonly send: (heartbeat: Heartbeat) => void;
  /** For how long the agent that this speaks for has given no sign of life. */
  readonly stuckMs: () => number;
}

/** Another node, as far as it is known. */
interface Peer {
  readonly name: string;
  /** The life that has proven itself last; empty: none has. */
  life: string;
  sequence: number;
  /** Lives that are over: what comes from them was recorded. */
  readonly retired: Set<string>;
  answeredAtMs: number;
  heard: Heard | null;
  /** What was told of it last. */
  shown: Hearing | null;
  shownSession: string;
}

/** Lives of a peer that are remembered as over. With more of them this side begins a new life itself, in which none of them counts. */
const RETIRED_MOST = 1000;

/**
 * Sends heartbeats on time and judges those that come, whatever carries them: UDP in production, memory in tests,
 * the simulated network. It trusts only what echoes this very life of it and was not heard before, and trusts itself less after it was late.
 */
export class Exchange implements Heartbeats {
  readonly problem = null;
  readonly #setup: ExchangeSetup;
  readonly #peers: ReadonlyMap<string, Peer>;
  readonly #dropped: Record<Dropped, number> = { ...NONE_DROPPED };
  readonly #bells: (() => void)[] = [];
  #life: string;
  #sequence = 0;
  #session: string | null = null;
  #sendAtMs: number;
  #dueAtMs: number;
  #countedAtMs: number;
  #timer: Cancel = () => undefined;

  constructor(setup: ExchangeSetup) {
    this.#setup = setup;
    this.#life = setup.newLife();
    const nowMs = setup.clock.nowMs();
    this.#sendAtMs = nowMs;
    this.#dueAtMs = nowMs;
    this.#countedAtMs = nowMs;
    const unknown = { life: "", sequence: 0, answeredAtMs: -Infinity, heard: null, shown: null, shownSession: "" };
    this.#peers = new Map(setup.peers.map((name) => [name, { name, retired: new Set<string>(), ...unknown }]));
  }

  get heard(): Readonly<Record<string, Heard>> {
    const all: Record<string, Heard> = {};
    for (const { name, heard } of this.#peers.values()) if (heard !== null) all[name] = heard;
    return all;
  }

  get dropped(): Readonly<Record<Dropped, number>> {
    return this.#dropped;
  }

  onChange(then: () => void): void {
    this.#bells.push(then);
  }

  say(session: string): void {
    const isFirst = this.#session === null;
    this.#session = session;
    if (isFirst) this.#wake();
  }

  async close(): Promise<void> {
    this.#timer();
    this.#session = null;
  }

  /** A packet was passed over before it could be read. */
  drop(because: Dropped): void {
    this.#dropped[because]++;
  }

  /** One heartbeat has arrived, made with the cluster's key. */
  receive(heartbeat: Heartbeat): void {
    const { me, clock, timing } = this.#setup;
    const peer = this.#peers.get(heartbeat.from);
    if (peer === undefined || heartbeat.to !== me) return this.drop("stranger");
    if (heartbeat.echo !== this.#life) return this.#introduce(peer, heartbeat.life);
    const { life, sequence } = heartbeat;
    if (peer.retired.has(life) || (peer.life === life && sequence <= peer.sequence)) return this.drop("old");
    if (peer.life !== life) this.#meet(peer, life);
    if (this.#isLate(clock.nowMs())) this.#count(clock.nowMs());
    peer.sequence = sequence;
    peer.heard = afterHeartbeat(peer.heard, toldBy(heartbeat, timing), clock.nowMs(), timing);
    this.#tell();
  }

  /** Whoever does not know this life of ours is told of it at once, so that he can prove his. */
  #introduce(peer: Peer, life: string): void {
    this.drop("unverified");
    const { clock, timing } = this.#setup;
    const nowMs = clock.nowMs();
    if (peer.retired.has(life) || nowMs - peer.answeredAtMs < timing.heartbeatMs / 2) return;
    peer.answeredAtMs = nowMs;
    this.#send(peer, life);
  }

  /** A new life of a peer has proven itself; what is heard of the one before from now on was recorded. */
  #meet(peer: Peer, life: string): void {
    if (peer.life !== "") peer.retired.add(peer.life);
    if (peer.retired.size > RETIRED_MOST) this.#beginAnew();
    peer.life = life;
    peer.heard = null;
  }

  #beginAnew(): void {
    this.#life = this.#setup.newLife();
    for (const peer of this.#peers.values()) peer.retired.clear();
  }

  /** Whether this side itself did not run when it should have. */
  #isLate(nowMs: number): boolean {
    return nowMs - this.#dueAtMs > this.#setup.timing.heartbeatMs / 2;
  }

  /** Counts the silence, in time in which it ran itself. */
  #count(nowMs: number): void {
    const wasAway = this.#isLate(nowMs);
    const ranMs = nowMs - this.#countedAtMs;
    this.#countedAtMs = nowMs;
    for (const peer of this.#peers.values())
      if (peer.heard !== null)
        peer.heard = wasAway ? afterOwnPause(peer.heard, nowMs) : afterRunning(peer.heard, ranMs, nowMs);
  }

  /** Counts, sends if it is time to, and sleeps again. */
  #wake(): void {
    if (this.#session === null) return;
    const { clock, timing } = this.#setup;
    const nowMs = clock.nowMs();
    const wasAway = this.#isLate(nowMs);
    this.#count(nowMs);
    if (nowMs >= this.#sendAtMs) {
      for (const peer of this.#peers.values()) this.#send(peer, peer.life);
      // Who was away himself makes up for it: the next one comes sooner.
      this.#sendAtMs = nowMs + (wasAway ? timing.heartbeatMs / 2 : timing.heartbeatMs);
    }
    this.#tell();
    this.#sleep(nowMs);
  }

  /** Until it has to send, or somebody may be late. */
  #sleep(nowMs: number): void {
    const { clock, timing } = this.#setup;
    let inMs = this.#sendAtMs - nowMs;
    for (const { heard } of this.#peers.values()) if (heard !== null) inMs = Math.min(inMs, leftMs(heard, timing));
    this.#dueAtMs = nowMs + Math.max(1, inMs);
    this.#timer();
    this.#timer = clock.after(Math.max(1, inMs), () => this.#wake());
  }

  #send(peer: Peer, echo: string): void {
    if (this.#session === null) return;
    const { me, clock, stuckMs, send } = this.#setup;
    const isKnown = echo !== "" && echo === peer.life;
    send({
      from: me,
      to: peer.name,
      life: this.#life,
      echo,
      sequence: ++this.#sequence,
      heardSequence: isKnown ? peer.sequence : 0,
      heardMsAgo: isKnown && peer.heard !== null ? Math.max(0, clock.nowMs() - peer.heard.atMs) : null,
      stuckMs: stuckMs(),
      session: this.#session,
    });
  }

  /** Rings if anything has changed that somebody may act upon. */
  #tell(): void {
    let hasChanged = false;
    for (const peer of this.#peers.values()) {
      if (peer.heard === null) continue;
      const { session } = peer.heard;
      const shown = hearingOf(peer.heard, this.#setup.timing);
      hasChanged ||= shown !== peer.shown || session !== peer.shownSession;
      peer.shown = shown;
      peer.shownSession = session;
    }
    if (hasChanged) for (const then of this.#bells) then();
  }
}

function toldBy({ session, stuckMs, heardMsAgo }: Heartbeat, { lateMs }: Timing): Told {
  return { session, stuckMs, hearsUs: heardMsAgo !== null && heardMsAgo <= lateMs };
}
