import type { GroupRecord } from "../core/record.ts";
import type { Process } from "./host.ts";
import type { Proxy } from "./proxy.ts";
import type { Random } from "./random.ts";
import type { Server } from "./server.ts";
import { isActive } from "./without-data.ts";
import type { World } from "./world.ts";

/** A client gives an answer up after that. */
const PATIENCE_MS = 1000;

/** A guard that was frozen with its host ends what it guards within that. */
const THAW_MS = 20;

/** Of all requests: those that go around the proxy. */
const AROUND = 0.3;

/** How a client reaches a primary: `false` when nobody may have clients now. */
interface Way {
  request(work: (server: Server, answer: () => void) => void, answer: () => void, cut: () => void): boolean;
}

/** One client that writes and reads through the proxy and around it, one thing after the other; some writes in ways that go around the commit rule. */
export class Client {
  readonly #world: World;
  readonly #process: Process;
  readonly #proxy: Proxy;
  readonly #random: Random;
  readonly #session: Session;
  /** When a write was acknowledged to it last through the proxy. */
  lastWriteMs = 0;
  writes = 0;

  constructor(world: World, process: Process, proxy: Proxy, random: Random) {
    this.#world = world;
    this.#process = process;
    this.#proxy = proxy;
    this.#random = random;
    this.#session = new Session(world, process);
    this.#soon();
  }

  #soon(): void {
    const ms = this.#random.between(10, this.#world.clientPauseMs);
    this.#process.clock.after(ms, () => this.#once());
  }

  #once(): void {
    let isDone = false;
    const done = (): void => {
      if (isDone) return;
      isDone = true;
      this.#soon();
    };
    const way = this.#random.chance(AROUND) ? this.#session : this.#proxy;
    const isUnderWay = this.#world.settings.hasData ? this.#readOrWrite(way, done) : this.#ask(way, done);
    this.#process.clock.after(isUnderWay ? PATIENCE_MS : 20, done);
  }

  #readOrWrite(through: Way, done: () => void): boolean {
    return this.#random.chance(0.2) ? this.#read(through, done) : this.#write(through, done);
  }

  /** A service without data answers, and that is all. */
  #ask(through: Way, done: () => void): boolean {
    const work = (server: Server, answer: () => void): void => {
      if (!isActive(server)) return;
      this.#world.history.answered(server);
      answer();
    };
    return through.request(work, () => this.#answered(through, done), done);
  }

  #answered(through: Way, done: () => void): void {
    if (through === this.#proxy) this.lastWriteMs = this.#world.timeline.nowMs;
    this.writes++;
    done();
  }

  #read(through: Way, done: () => void): boolean {
    let got: () => void = done;
    const work = (server: Server, answer: () => void): void => {
      if (server.role !== "primary") return;
      const [seen, atMs] = [server.visible(), this.#world.timeline.nowMs];
      got = () => this.#world.history.read(server, seen, atMs);
      answer();
    };
    const answered = (): void => {
      got();
      done();
    };
    return through.request(work, answered, done);
  }

  #write(through: Way, done: () => void): boolean {
    const way = this.#random.next();
    const work = (server: Server, answer: () => void): void => {
      const entry = this.#world.newEntry(server.disk.promoting ?? 0);
      // A user may say that a write of his waits for nobody: its answer promises nothing.
      if (way < 0.03) {
        this.#world.mark("a client wrote without waiting");
        if (server.append(entry)) answer();
        return;
      }
      const waiting = server.write(entry, answer);
      if (way > 0.93 && waiting !== null) {
        // Cancelled, or its session ended, while it waits: it is written here, and nobody was told that it is safe.
        this.#world.mark("a write was cancelled while it waited");
        server.process?.clock.after(this.#random.between(0, 5), () => waiting.cancel());
      }
    };
    return through.request(work, () => this.#answered(through, done), done);
  }
}

/** A server, which life of it, and in which term the session began. */
interface To {
  readonly server: Server;
  readonly life: Process;
  readonly term: number;
}

/**
 * A client's session with a server itself, around the proxy: begun with the primary of an open term, it goes on until
 * that server ends, whatever the record says by then. Only the lease and the guard bound what it sees and writes.
 */
class Session implements Way {
  readonly #world: World;
  readonly #process: Process;
  #to: To | null = null;

  constructor(world: World, process: Process) {
    this.#world = world;
    this.#process = process;
  }

  request(work: (server: Server, answer: () => void) => void, answer: () => void): boolean {
    const to = this.#isUsable(this.#to) ? this.#to : this.#begun();
    this.#to = to;
    if (to === null) return false;
    const { server, life } = to;
    const { network, record } = this.#world;
    if (record?.term !== to.term) this.#world.mark("a client stays with a former primary");
    const [here, there] = [this.#process.host.name, server.host.name];
    const back = (then: () => void): void =>
      network.carry(there, here, () => this.#process.enter(() => this.#isUsable(to) && then()));
    network.carry(here, there, () => {
      if (server.host.isUp) life.enter(() => isJustThawed(this.#world, server) || work(server, () => back(answer)));
    });
    return true;
  }

  #isUsable(to: To | null): boolean {
    if (to === null) return false;
    const { server, life, term } = to;
    return life.isAlive && server.unguarded !== life && !mayBeLost(this.#world, term);
  }

  #begun(): To | null {
    const { record } = this.#world;
    const server = this.#world.isLossless ? this.#opened(record) : this.#anyPrimary();
    const life = server?.process ?? null;
    if (record === null || server === undefined || life === null || server.unguarded === life) return null;
    return { server, life, term: record.term };
  }

  /** What a client reads before a term opens may be lost later: this one has waited for that. */
  #opened(record: GroupRecord | null): Server | undefined {
    if (record?.primary == null || !record.open) return undefined;
    const server = this.#world.server(record.primary);
    return server?.role === "primary" && server.reign?.term === record.term ? server : undefined;
  }

  /** Who tries all members takes the first that says it is a primary, open or not. */
  #anyPrimary(): Server | undefined {
    return this.#world.servers.find(({ role, isFrozen }) => role === "primary" && !isFrozen);
  }
}

function isJustThawed({ timeline }: World, { thawedAtMs }: Server): boolean {
  return timeline.nowMs - thawedAtMs < THAW_MS;
}

/** What was accepted as lost a client that stays with a former primary may still see. */
function mayBeLost({ record, marks }: World, term: number): boolean {
  return record?.term !== term && marks.has("an operator's failover was accepted");
}

/** Whether nothing is promised to who goes by an old record to that server: nobody protects it where agent and guard have died together. */
export function isBeyondPromises(world: World, server: Server, term: number): boolean {
  return isJustThawed(world, server) || server.unguarded === server.process || mayBeLost(world, term);
}
