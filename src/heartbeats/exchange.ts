import {
  afterHeartbeat,
  afterOwnPause,
  afterRunning,
  contactOf,
  leftMs,
  type Heard,
  type Hearing,
  type Told,
} from "../core/heard.ts";
import { reliedOnUntilMs, type Ask, type Promised } from "../core/promise.ts";
import type { Timing } from "../core/timing.ts";
import type { Cancel, Clock } from "../lib/clock.ts";
import { NONE_DROPPED, type Dropped, type Heartbeat, type Heartbeats, type Word } from "./heartbeats.ts";

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
  shownWords: string;
}

const NOTHING: readonly never[] = [];

/** Of as many heartbeats is known when they were sent: of the last two seconds at least, however many nodes there are. */
const SENT_KEPT = 2000;

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
  readonly #asks = new Map<string, Ask>();
  readonly #promises = new Map<string, Promised>();
  /** When each of the last {@link SENT_KEPT} heartbeats was sent, by its number. */
  readonly #sentAtMs = new Float64Array(SENT_KEPT);
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
    const shown = { shown: null, shownSession: "", shownWords: "" };
    const unknown = { life: "", sequence: 0, answeredAtMs: -Infinity, heard: null, ...shown };
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

  ask(group: string, term: number | null): void {
    if (term === null) return void this.#asks.delete(group);
    const isNews = this.#asks.get(group)?.term !== term;
    this.#asks.set(group, { group, term });
    if (isNews) this.#sendNow();
  }

  promise(promised: Promised): void {
    const before = this.#promises.get(promised.group);
    this.#promises.set(promised.group, promised);
    if (before === undefined || before.term !== promised.term || before.untilMs < this.#setup.clock.nowMs())
      this.#sendNow();
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
    peer.heard = afterHeartbeat(peer.heard, this.#toldBy(heartbeat), clock.nowMs(), timing);
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

  /** What is wanted or promised does not wait for the next regular heartbeat. */
  #sendNow(): void {
    if (this.#session !== null) for (const peer of this.#peers.values()) this.#send(peer, peer.life);
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
    const nowMs = clock.nowMs();
    this.#sequence++;
    this.#sentAtMs[this.#sequence % SENT_KEPT] = nowMs;
    send({
      from: me,
      to: peer.name,
      life: this.#life,
      echo,
      sequence: this.#sequence,
      heardSequence: isKnown ? peer.sequence : 0,
      heardMsAgo: isKnown && peer.heard !== null ? Math.max(0, nowMs - peer.heard.atMs) : null,
      stuckMs: stuckMs(),
      session: this.#session,
      asks: this.#asks.size === 0 ? NOTHING : [...this.#asks.values()],
      promises: this.#promises.size === 0 ? NOTHING : [...this.#promises.values()].flatMap((p) => wordOf(p, nowMs)),
    });
  }

  /** A promise is relied on from when we sent what it answers: it was given after that. */
  #toldBy({ session, stuckMs, heardMsAgo, heardSequence, asks, promises }: Heartbeat): Told {
    const hearsUs = heardMsAgo !== null && heardMsAgo <= this.#setup.timing.lateMs;
    const told = { session, stuckMs, hearsUs, deafMs: heardMsAgo ?? 0, asks };
    if (promises.length === 0) return { ...told, promises: NOTHING };
    const askedAtMs = this.#sentAt(heardSequence);
    const relied = promises.map(({ forMs, ...word }) => ({ ...word, untilMs: reliedOnUntilMs(askedAtMs, forMs) }));
    return { ...told, promises: relied };
  }

  /** When the heartbeat of that number was sent; `-Infinity`: too long ago to be known, or never. */
  #sentAt(sequence: number): number {
    const isKnown = sequence > 0 && sequence <= this.#sequence && sequence > this.#sequence - SENT_KEPT;
    return isKnown ? (this.#sentAtMs[sequence % SENT_KEPT] ?? -Infinity) : -Infinity;
  }

  /** Rings if anything has changed that somebody may act upon. */
  #tell(): void {
    let hasChanged = false;
    for (const peer of this.#peers.values()) {
      if (peer.heard === null) continue;
      const { session } = peer.heard;
      const shown = contactOf(peer.heard, this.#setup.timing);
      const words = wordsOf(peer.heard);
      hasChanged ||= shown !== peer.shown || session !== peer.shownSession || words !== peer.shownWords;
      peer.shownWords = words;
      peer.shown = shown;
      peer.shownSession = session;
    }
    if (hasChanged) for (const then of this.#bells) then();
  }
}

/** What is asked and promised, but not until when: a promise that goes on is no news. */
function wordsOf({ asks, promises }: Heard): string {
  if (asks.length + promises.length === 0) return "";
  return JSON.stringify([asks, promises.map(({ group, term }) => [group, term])]);
}

/** What is left of a promise; nothing of one that is over. */
function wordOf({ group, term, untilMs }: Promised, nowMs: number): Word[] {
  return untilMs > nowMs ? [{ group, term, forMs: untilMs - nowMs }] : [];
}
