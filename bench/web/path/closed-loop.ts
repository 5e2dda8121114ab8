import { connect, type Socket } from "node:net";
import type { Address } from "../../../src/config/config.ts";

/** What a closed loop has seen. */
export interface LoopResult {
  readonly requests: number;
  readonly failed: number;
  readonly tookMs: number;
  /** How long each answer took, in microseconds; sorted. */
  readonly latenciesUs: Float64Array;
}

const READ = Buffer.allocUnsafeSlow(64 * 1024);

/**
 * Asks for `/` again and again on so many connections that are kept, each for `durationMs`: the next request as soon as the
 * answer to the last one is there. Every answer must be a 200 and as long as the first one. It does next to nothing itself.
 */
export async function closedLoop(target: Address, connections: number, durationMs: number): Promise<LoopResult> {
  const loop = new Loop(target, performance.now() + durationMs);
  const startedMs = performance.now();
  await Promise.all(Array.from({ length: connections }, () => loop.run()));
  const tookMs = performance.now() - startedMs;
  const latenciesUs = Float64Array.from(loop.latenciesUs).sort();
  return { requests: loop.latenciesUs.length, failed: loop.failed, tookMs, latenciesUs };
}

class Loop {
  readonly latenciesUs: number[] = [];
  failed = 0;
  readonly #target: Address;
  readonly #untilMs: number;
  readonly #request: string;

  constructor(target: Address, untilMs: number) {
    this.#target = target;
    this.#untilMs = untilMs;
    this.#request = `GET / HTTP/1.1\r\nHost: ${target.host}:${target.port}\r\nUser-Agent: bench\r\nAccept: */*\r\n\r\n`;
  }

  /** One connection after another: a server may say that it ends one. */
  async run(): Promise<void> {
    while (performance.now() < this.#untilMs) await this.#connection();
  }

  #connection(): Promise<void> {
    return new Promise((resolve) => {
      let isLast = false;
      let sentMs = 0;
      let lengthBytes = 0;
      let readBytes = 0;
      const send = (): void => {
        sentMs = performance.now();
        if (sentMs >= this.#untilMs) return void socket.destroy();
        socket.write(this.#request, "latin1");
      };
      const take = (count: number): boolean => {
        if (readBytes === 0) {
          const text = READ.toString("latin1", 0, count);
          lengthBytes = lengthOf(text);
          isLast = text.includes("onnection: close\r\n");
        }
        readBytes += count;
        if (readBytes < lengthBytes) return true;
        if (readBytes > lengthBytes) this.failed += 1;
        readBytes = 0;
        this.latenciesUs.push((performance.now() - sentMs) * 1000);
        if (isLast) socket.destroy();
        else send();
        return true;
      };
      const socket: Socket = connect({ ...this.#target, noDelay: true, onread: { buffer: READ, callback: take } });
      socket.once("connect", send);
      socket.once("error", () => undefined);
      socket.once("close", () => {
        if (!isLast && performance.now() < this.#untilMs) this.failed += 1;
        resolve();
      });
    });
  }
}

/** How long a whole answer is; 0, which is wrong for any: it is not a good one. */
function lengthOf(text: string): number {
  const body = /^HTTP\/1\.1 200 [^]*?\r\ncontent-length: (\d+)\r\n(?:[^]*?\r\n)?\r\n/i.exec(text);
  return body === null ? 0 : body[0].length + Number(body[1]);
}
