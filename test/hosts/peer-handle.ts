import type { ChildProcess } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { Failure } from "../../src/lib/failure.ts";
import type { Host } from "./host.ts";

const PEER = fileURLToPath(new URL("peer.ts", import.meta.url));
const PORT = 7000;
const SAYS_MS = 15_000;

type Line = Readonly<Record<string, unknown>>;

/** A program that a test runs on a host, and what it has said. */
export class Peer {
  readonly lines: Line[] = [];
  readonly child: ChildProcess;
  #changed = Promise.withResolvers<void>();

  constructor(host: Host, ...args: readonly (string | number)[]) {
    const node = ["--no-warnings", PEER, ...args.map(String)];
    this.child = host.run(process.execPath, node, { stdio: ["pipe", "pipe", "inherit"] });
    this.child.stdin?.on("error", () => undefined);
    if (this.child.stdout === null) throw new Failure("A peer has no output.");
    createInterface({ input: this.child.stdout }).on("line", (line) => {
      this.lines.push(JSON.parse(line) as Line);
      this.#changed.resolve();
      this.#changed = Promise.withResolvers();
    });
  }

  /** A server on a host, ready. */
  static async serving(host: Host): Promise<Peer> {
    const peer = new Peer(host, "serve", PORT);
    await peer.says("ready");
    return peer;
  }

  /** A connection from one host to the server of another. */
  static async connected(from: Host, to: Host): Promise<Peer> {
    const peer = new Peer(from, "connect", to.address, PORT);
    await peer.says("connected");
    return peer;
  }

  /** How long datagrams took from one host to the server of another and back; `null`: they got lost. */
  static async measure(from: Host, to: Host, count: number, periodMs = 0): Promise<Measured> {
    const said = await new Peer(from, "measure", to.address, PORT, count, periodMs).says("tookMs");
    return said as unknown as Measured;
  }

  /** Bits a second from one host to the server of another. */
  static async bitsPerSecond(from: Host, to: Host, bytes: number): Promise<number> {
    const { tookMs } = await new Peer(from, "pour", to.address, PORT, bytes).says("bytes");
    return (bytes * 8000) / (tookMs as number);
  }

  /** Sends a line to it. */
  tell(line: string): void {
    this.child.stdin?.write(`${line}\n`);
  }

  /** The first line with this word that comes after those that are there; or, before anything is told, the first at all. */
  async says(word: string, withinMs: number = SAYS_MS, from = 0): Promise<Line> {
    const endAt = performance.now() + withinMs;
    for (;;) {
      const found = this.lines.slice(from).find((line) => word in line);
      if (found !== undefined) return found;
      const leftMs = endAt - performance.now();
      if (leftMs <= 0)
        throw new Failure(`It did not say "${word}" within ${withinMs} ms, but ${JSON.stringify(this.lines)}`);
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise<void>((resolve) => (timer = setTimeout(resolve, leftMs)));
      await Promise.race([this.#changed.promise, late]);
      clearTimeout(timer);
    }
  }

  /** Sends a line and returns the answer; `null`: none came in time. */
  async ask(line: string, word: string, withinMs: number): Promise<Line | null> {
    const from = this.lines.length;
    this.tell(line);
    return this.says(word, withinMs, from).catch(() => null);
  }
}

export interface Measured {
  readonly tookMs: readonly (number | null)[];
  /** The numbers of those that came, as they came. */
  readonly order: readonly number[];
}
