import { acknowledges, ALONE, commitRule, type CommitRule, type Copy } from "../core/commit-rule.ts";
import { Process, type Host } from "./host.ts";
import { connect, type Sender, type Stream } from "./stream.ts";
import { emptyDisk, ENTRY_BYTES, type Disk, type Entry } from "./wal.ts";
import { diskWithoutData } from "./without-data.ts";
import type { World } from "./world.ts";

/** Nobody can meet it: what stands in force in each server that is no primary of a term. */
const NOBODY: CommitRule = commitRule(1, []);

/** How often a receiver that is not connected tries again. */
const CONNECT_EVERY_MS = 100;

/** How long a recovery takes at most, when the disk is well. */
const RECOVERY_MS = 80;

/** The first `count` entries of a log. */
export interface Sight {
  readonly log: readonly Entry[];
  readonly count: number;
}

/** A write that waits to be acknowledged. */
interface Waiter {
  /** As many entries must be held by enough. */
  readonly count: number;
  readonly acknowledged: () => void;
}

/** What is known of a server as primary, bound to one life of it. */
interface Reign {
  term: number | null;
  firstOffset: number | null;
}

/** One member's pretended PostgreSQL: what it has on its disk, and the server that runs on it, if one does. */
export class Server {
  readonly world: World;
  readonly member: string;
  readonly host: Host;
  disk: Disk;
  role: "down" | "recovering" | "standby" | "primary" | "stopping" = "down";
  process: Process | null = null;
  upstream: { readonly from: string; readonly term: number } | null = null;
  stream: Stream | null = null;
  readonly senders = new Map<number, Sender>();
  /** What its processes believe: more than one while a change spreads. */
  rules: readonly CommitRule[] = [NOBODY];
  proof: { readonly rule: CommitRule; readonly offset: number } | null = null;
  reign: Reign | null = null;
  promoting = false;
  /** Since when sessions stop replay, so that the end of the data is not known; `Infinity`: none do. */
  replayHeldAtMs = Infinity;
  /** Somebody has cleared the setting by which writes wait; what is let go until it stands again is nobody's promise. */
  isAltered = false;
  /** Somebody has, in this life of it: what it shows may be nobody's promise. */
  wasAltered = false;
  /** Its directory holds something else for now; seen while no server runs. */
  isForeign = false;
  /** When its whole host, the guard included, went on after it had been frozen. */
  thawedAtMs = -Infinity;
  /** The life of it that was left without agent and guard: nobody ends it in time. */
  unguarded: Process | null = null;
  hasLostDisk = false;
  #waiters: Waiter[] = [];
  #visible = 0;
  #isFlushing = false;

  constructor(world: World, member: string, host: Host) {
    this.world = world;
    this.member = member;
    this.host = host;
    this.disk = world.settings.hasData ? emptyDisk() : diskWithoutData(member);
  }

  get isRunning(): boolean {
    return this.process !== null;
  }

  get isFrozen(): boolean {
    return this.process?.isPaused ?? false;
  }

  get isReplayHeld(): boolean {
    return this.replayHeldAtMs < Infinity;
  }

  get offset(): number {
    return this.disk.log.length * ENTRY_BYTES;
  }

  get copy(): Copy {
    return { member: this.member, incarnation: this.disk.incarnation ?? "" };
  }

  /** As a standby that receives from nobody. Answers once its recovery is over. */
  start(): void {
    const process = new Process(this.host);
    this.process = process;
    this.role = "recovering";
    this.upstream = null;
    this.rules = [NOBODY];
    this.reign = null;
    this.proof = null;
    this.isAltered = false;
    this.wasAltered = false;
    this.disk.promoting = null;
    this.disk.flushed = this.disk.log.length;
    const ms = this.world.random.disk.between(2, RECOVERY_MS) * this.world.diskFactor(this.member);
    process.clock.after(ms, () => {
      this.role = "standby";
      this.disk.isClean = false;
      this.#visible = this.disk.log.length;
      this.world.ring(this.member);
      this.#receive(process);
    });
  }

  /** All of its processes end at once; what had not reached the disk may be gone, in part or as a whole. */
  kill(): void {
    const { process } = this;
    if (process === null) return;
    process.kill();
    this.process = null;
    this.role = "down";
    this.promoting = false;
    this.#lose();
    this.#waiters = [];
    this.stream?.breakOff();
    this.stream = null;
    for (const sender of this.senders.values()) sender.stream.breakOff();
    this.senders.clear();
    this.world.died(this);
  }

  /** Its main process ends; the others live on for a while, finish what they have begun, and let nobody in. */
  orphan(): void {
    const { process } = this;
    if (this.role !== "primary" && this.role !== "standby") return;
    this.role = "stopping";
    process?.clock.after(this.world.random.service.between(5, 3000), () => process === this.process && this.kill());
    this.world.ring(this.member);
  }

  /** Its host has got a new disk, with nothing on it. */
  loseDisk(): void {
    this.kill();
    this.disk = emptyDisk();
    this.hasLostDisk = true;
    this.world.mark("a disk was lost");
    this.world.note(this.member, "its disk is lost");
    this.world.ring(this.member);
  }

  /** A person puts an older copy of its data there, of an earlier life of it. */
  putBack(count: number): void {
    this.kill();
    const { disk } = this;
    const log = disk.log.slice(0, count);
    const forks = disk.forks.filter(({ offset }) => offset < count * ENTRY_BYTES);
    const timelines = disk.timelines.filter(({ from }) => from <= count);
    const incarnation = this.world.newIncarnation();
    this.disk = { ...disk, log, forks, timelines, flushed: count, incarnation, promoting: null, isClean: false };
    this.hasLostDisk = true;
    this.world.mark("an older copy was put back");
    this.world.note(this.member, `an older copy of its data is put back, with ${count} entries`);
    this.world.ring(this.member);
  }

  /** Puts `entry` at the end; rejected (`false`) by whoever is no primary, and behind the last checkpoint. */
  append(entry: Entry): boolean {
    if ((this.role !== "primary" && this.role !== "stopping") || this.disk.isClean) return false;
    this.disk.log.push(entry);
    this.#flush();
    return true;
  }

  /** A client's write: `acknowledged` is called once enough copies have it, `cancel` makes it wait no longer. */
  write(entry: Entry, acknowledged: () => void): { readonly cancel: () => void } | null {
    if (this.role !== "primary" || !this.append(entry)) return null;
    const waiter: Waiter = { count: this.disk.log.length, acknowledged };
    this.#waiters.push(waiter);
    return { cancel: () => (this.#waiters = this.#waiters.filter((w) => w !== waiter)) };
  }

  /** What a session sees here: all that was acknowledged, and what a takeover has brought. */
  visible(): Sight {
    return { log: this.disk.log, count: this.#visible };
  }

  becomePrimary(): void {
    const last = this.disk.timelines.at(-1);
    const number = (last?.number ?? 0) + 1;
    this.disk.timelines = [...this.disk.timelines, { number, from: this.disk.log.length }];
    this.role = "primary";
    this.promoting = false;
    this.#visible = this.disk.log.length;
    this.world.history.becamePrimary(this);
    // The end of recovery is an entry too, and comes before the first one of the term.
    this.append(this.world.newEntry(this.disk.promoting ?? 0));
    this.world.ring(this.member);
  }

  /** What somebody has got, or a change of the rules, may let writes go. */
  release(): void {
    if (this.role !== "primary" && this.role !== "stopping") return;
    this.#waiters = this.#waiters.filter((waiter) => {
      if (waiter.count > this.disk.flushed || !this.#isAcknowledged(waiter.count)) return true;
      this.#visible = Math.max(this.#visible, waiter.count);
      this.world.history.acknowledged(this, waiter.count);
      waiter.acknowledged();
      return false;
    });
  }

  /** As by `ALTER SYSTEM RESET`: no write waits any more. The next look sees it. */
  clearRuleByHand(): void {
    if (this.role !== "primary") return;
    this.world.mark("the commit rule was cleared by hand");
    this.isAltered = true;
    this.wasAltered = true;
    this.proof = null;
    this.rules = [ALONE];
    this.release();
    this.world.ring(this.member);
  }

  /** Receives `entries` behind the first `from`. */
  take(stream: Stream, from: number, entries: readonly Entry[]): void {
    if (this.stream !== stream || this.role !== "standby") return;
    const { log, timelines } = this.disk;
    if (from !== log.length) return;
    this.world.history.receives(this, stream, from);
    log.push(...entries);
    const theirs = stream.upstream.disk.timelines;
    const last = timelines.at(-1)?.number ?? 0;
    const newer = theirs.filter(({ number, from: at }) => number > last && at < log.length);
    if (newer.length > 0) this.disk.timelines = [...timelines, ...newer];
    this.#flush();
  }

  /** No process of it waits for anybody any more. */
  stopWaiting(): void {
    this.#waiters = [];
  }

  /** Ends the process that receives; nothing that is still on its way arrives. */
  sever(): void {
    this.upstream = null;
    this.stream?.breakOff();
    this.stream = null;
  }

  #isAcknowledged(count: number): boolean {
    const rule = this.rules.length === 1 ? this.rules[0] : this.world.random.service.pick(this.rules);
    if (rule === undefined) return false;
    if (rule.need === 0) return rule === ALONE || rule.of.length === 0;
    const term = this.reign?.term ?? this.disk.promoting;
    const having = [...this.senders.values()].filter((s) => s.flushed >= count && s.term === term);
    return acknowledges(rule, having);
  }

  #flush(): void {
    if (this.#isFlushing || this.process === null) return;
    this.#isFlushing = true;
    const { process } = this;
    const upTo = this.disk.log.length;
    const ms = this.world.random.disk.between(0.1, 1.5) * this.world.diskFactor(this.member);
    process.clock.after(ms, () => {
      this.#isFlushing = false;
      this.disk.flushed = Math.max(this.disk.flushed, Math.min(upTo, this.disk.log.length));
      if (this.stream !== null) this.stream.acknowledge(this.disk.flushed);
      for (const sender of this.senders.values()) sender.stream.ship();
      this.release();
      if (this.disk.flushed < this.disk.log.length) this.#flush();
    });
  }

  #lose(): void {
    const { disk } = this;
    const kept = disk.flushed + this.world.random.disk.below(disk.log.length - disk.flushed + 1);
    disk.log = disk.log.slice(0, kept);
    disk.flushed = kept;
    this.#isFlushing = false;
  }

  #receive(process: Process): void {
    if (process !== this.process) return;
    if (this.role === "standby" && this.upstream !== null && this.stream === null) connect(this, this.upstream);
    process.clock.after(CONNECT_EVERY_MS, () => this.#receive(process));
  }

  /** Tries to connect at once: a reload does. */
  receiveNow(): void {
    if (this.role === "standby" && this.upstream !== null && this.stream === null) connect(this, this.upstream);
  }
}
