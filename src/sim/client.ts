import type { Process } from "./host.ts";
import type { Proxy } from "./proxy.ts";
import type { Random } from "./random.ts";
import type { Server } from "./server.ts";
import type { World } from "./world.ts";

/** A client gives an answer up after that. */
const PATIENCE_MS = 1000;

/** One client that writes and reads through the proxy, one thing after the other; some writes in ways that go around the commit rule. */
export class Client {
  readonly #world: World;
  readonly #process: Process;
  readonly #proxy: Proxy;
  readonly #random: Random;
  /** When a write was acknowledged to it last. */
  lastWriteMs = 0;
  writes = 0;

  constructor(world: World, process: Process, proxy: Proxy, random: Random) {
    this.#world = world;
    this.#process = process;
    this.#proxy = proxy;
    this.#random = random;
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
    const isUnderWay = this.#random.chance(0.2) ? this.#read(done) : this.#write(done);
    this.#process.clock.after(isUnderWay ? PATIENCE_MS : 20, done);
  }

  #read(done: () => void): boolean {
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
    return this.#proxy.request(work, answered, done);
  }

  #write(done: () => void): boolean {
    const way = this.#random.next();
    const work = (server: Server, answer: () => void): void => {
      const entry = this.#world.newEntry(null);
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
    const answered = (): void => {
      this.lastWriteMs = this.#world.timeline.nowMs;
      this.writes++;
      done();
    };
    return this.#proxy.request(work, answered, done);
  }
}
